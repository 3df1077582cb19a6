import { isAbsolute, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { escapePathPart } from "../ids.ts";
import { keyPartOf, MANIFEST_NAME, STAGING } from "./file-name.ts";

/** Where results are kept: a folder, or a bucket with a prefix for all keys in it. */
export type ResultPlace = { folder: string } | { bucket: string; prefix: string };

/** The task that a result belongs to. */
export interface ResultOwner {
  step: string;
  taskId: string;
  itemId: string;
  /** `Task_0` … of a nested item; absent for a plain one, even with a long script */
  task?: string;
}

/** Reads `--results` or ANAMO_RESULTS: a folder or `s3://bucket/prefix`. Throws a ConfigError for anything else. */
export function parsePlace(text: string, from = process.cwd()): ResultPlace {
  const s3 = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(text);
  if (!s3) {
    if (text.trim() === "" || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw unlike(text);
    return { folder: isAbsolute(text) ? resolve(text) : resolve(from, text) };
  }
  const [, bucket = "", path = ""] = s3;
  const prefix = path.replace(/\/+$/, "");
  if (!/^[a-z0-9.-]{3,63}$/.test(bucket) || /(^|\/)\.{0,2}(\/|$)/.test(prefix || "x")) throw unlike(text);
  return { bucket, prefix };
}

function unlike(text: string): ConfigError {
  return new ConfigError(`results: expected a folder or s3://bucket/prefix, found ${JSON.stringify(text)}`);
}

/** A place as text that {@link parsePlace} reads. */
export function placeText(place: ResultPlace): string {
  return "folder" in place ? place.folder : `s3://${[place.bucket, place.prefix].filter(Boolean).join("/")}`;
}

/** The folders of a result below the place, escaped as in the keys of logs. */
export function partsOf({ step, taskId, itemId, task }: ResultOwner): string[] {
  const parts = [step, taskId, itemId].map((part) => escapePathPart(part));
  return task === undefined ? parts : [...parts, task];
}

/** The folder of a result on this machine; that of a nested item's task is inside the item's. */
export function resultFolder(place: { folder: string }, owner: ResultOwner): string {
  return join(place.folder, ...partsOf(owner));
}

/** The prefix of the keys of all attempts of an item; ends in a slash. */
export function itemPrefix({ prefix }: { prefix: string }, { step, taskId, itemId }: ResultOwner): string {
  return [...(prefix ? [prefix] : []), ...partsOf({ step, taskId, itemId }), ""].join("/");
}

/** The prefix of the keys of one attempt's result; ends in a slash. */
export function resultPrefix(place: { prefix: string }, owner: ResultOwner & { attempt: number }): string {
  const task = owner.task === undefined ? "" : `${owner.task}/`;
  return `${itemPrefix(place, owner)}${owner.attempt}/${task}`;
}

/** The key of a file, or of the manifest. */
export function resultKey(place: { prefix: string }, owner: ResultOwner & { attempt: number }, name: string): string {
  return resultPrefix(place, owner) + (name === MANIFEST_NAME ? name : keyPartOf(name));
}

/** The name under which an attempt's result is staged, at most 230 bytes. */
export function stagedName({ itemId, task = "Task_0", attempt }: ResultOwner & { attempt: number }): string {
  return [escapePathPart(itemId), task, attempt].join(".");
}

/** Where staged results are on this machine. */
export function stagingFolder({ folder }: { folder: string }): string {
  return join(folder, STAGING);
}

import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { ATTR, type Row } from "../store/attributes.ts";
import { readRow } from "../store/read-row.ts";
import { putRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";
import type { Snapshot } from "./snapshot.ts";

/*
 * What items that waited for whole steps were released with: which samples were done, and which had failed. It is named
 * by its content, so two processes that open the same steps at the same time write the same rows.
 *
 *   itemID   #opening#<hash>
 *   taskKey  0, 1 …   each with one part of the text, compressed
 */

/** The samples of the steps that an item waited for as a whole, sorted. */
export interface Opening {
  steps: string[];
  /** all their items were done */
  done: string[];
  /** some of their items had failed, or were blocked */
  failed: string[];
}

const DATA = "Data";
const PARTS = "Parts";
/** A row can hold 400 kB. */
const PART_BYTES = 300_000;

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** Writes the state of these whole steps in a snapshot, and returns its key. */
export async function writeOpening(table: Table, steps: readonly string[], snapshot: Snapshot): Promise<string> {
  const text = JSON.stringify(openingOf(steps, snapshot));
  const key = createHash("sha256").update(text).digest("base64url").slice(0, 16);
  const bytes = gzipSync(text);
  const count = Math.ceil(bytes.length / PART_BYTES);
  const starts = Array.from({ length: count }, (_, part) => part * PART_BYTES);
  for (const [part, start] of starts.entries()) {
    const data = bytes.subarray(start, start + PART_BYTES);
    await putRow(table, { ...rowKey(key, part), [DATA]: new Uint8Array(data), [PARTS]: count });
  }
  return key;
}

function openingOf(steps: readonly string[], { samples }: Snapshot): Opening {
  const done = new Set<string>();
  const failed = new Set<string>();
  for (const step of steps) {
    for (const items of samples.get(step)?.values() ?? []) {
      for (const { taskId, state } of items) (state === "done" ? done : failed).add(taskId);
    }
  }
  for (const taskId of failed) done.delete(taskId);
  return { steps: [...steps], done: [...done].sort(byName), failed: [...failed].sort(byName) };
}

/** Reads what an item was released with; undefined if that is gone. */
export async function readOpening(table: Table, key: string): Promise<Opening | undefined> {
  const first = await readRow(table, rowKey(key, 0));
  if (!first) return undefined;
  const others = Array.from({ length: Number(first[PARTS]) - 1 }, (_, part) => part + 1);
  const rows = [first];
  for (const part of others) {
    const row = await readRow(table, rowKey(key, part));
    if (!row) return undefined;
    rows.push(row);
  }
  const bytes = Buffer.concat(rows.map((row) => row[DATA] as Uint8Array));
  return JSON.parse(gunzipSync(bytes).toString()) as Opening;
}

function rowKey(key: string, part: number): Row {
  return { [ATTR.itemId]: `#opening#${key}`, [ATTR.taskKey]: String(part) };
}

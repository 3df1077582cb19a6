import * as z from "zod";
import { STAGING } from "./file-name.ts";
import { type ResultOwner, stagedName } from "./place.ts";

/** An upload in progress, or one whose worker died. */
export interface UploadNote extends ResultOwner {
  attempt: number;
  lockId: string;
  /** a bucket may hold results of several tables; each sweep handles those of its own */
  table: string;
}

const SCHEMA = z.object({
  step: z.string(),
  taskId: z.string(),
  itemId: z.string(),
  task: z.string().optional(),
  attempt: z.number(),
  lockId: z.string(),
  table: z.string(),
});

/** The prefix of the keys of notes. */
export function notesPrefix({ prefix }: { prefix: string }): string {
  return prefix === "" ? `${STAGING}/` : `${prefix}/${STAGING}/`;
}

/** The key of the note about an upload. */
export function noteKey(place: { prefix: string }, owner: ResultOwner & { attempt: number }): string {
  return `${notesPrefix(place)}${stagedName(owner)}.json`;
}

/** The text of a note. */
export function noteText({ step, taskId, itemId, task, attempt, lockId, table }: UploadNote): string {
  return JSON.stringify({ step, taskId, itemId, task, attempt, lockId, table });
}

/** Reads a note; undefined if it is not one. */
export function parseNote(text: string): UploadNote | undefined {
  try {
    const parsed = SCHEMA.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as UploadNote) : undefined;
  } catch {
    return undefined;
  }
}

import * as z from "zod";
import { STAGING } from "./file-name.ts";
import { type ResultOwner, stagedName } from "./place.ts";

/** An upload that is under way, or that its worker died over. */
export interface UploadNote extends ResultOwner {
  attempt: number;
  lockId: string;
  /** a bucket may have results of several tables; each sweep follows its own */
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

/** What the keys of notes start with. */
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

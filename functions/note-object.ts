import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { httpStatus } from "../lib/errors.ts";
import type { Note, NoteStore } from "../lib/notify/deliver.ts";

/** Key of the note that records what people have been told. */
export const NOTE_KEY = "progress/told.json";

/** Statuses of a conditional write: somebody else has written the object, or is writing it. */
const TAKEN: readonly (number | undefined)[] = [409, 412];

/** Keeps the note of a table in its bucket, and replaces it only if it has not changed since it was read. */
export function noteObject(s3: S3Client, bucket: string): NoteStore {
  const at = { Bucket: bucket, Key: NOTE_KEY };
  return {
    async read() {
      try {
        const { Body, ETag = "" } = await s3.send(new GetObjectCommand(at));
        const note = JSON.parse((await Body?.transformToString()) ?? "") as Note;
        return { note: note.format === 1 ? note : FRESH, version: ETag };
      } catch (error) {
        // the function may not list the bucket, so S3 answers "forbidden" if the object does not exist
        if (error instanceof NoSuchKey || httpStatus(error) === 403) return undefined;
        throw error;
      }
    },
    async write(note, version) {
      const condition = version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version };
      const object = { ...at, Body: JSON.stringify(note), ContentType: "application/json", ...condition };
      try {
        return (await s3.send(new PutObjectCommand(object))).ETag;
      } catch (error) {
        if (TAKEN.includes(httpStatus(error))) return undefined;
        throw error;
      }
    },
  };
}

/** Replaces a note from another version of anamo. */
const FRESH: Note = { format: 1, known: { steps: {}, total: 0 } };

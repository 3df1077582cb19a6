import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { httpStatus } from "../lib/errors.ts";
import type { Note, NoteStore } from "../lib/notify/deliver.ts";

/** Key of the note on what people have been told. */
export const NOTE_KEY = "progress/told.json";

/** Of a conditional write: somebody else has written the object, or is writing it. */
const TAKEN: readonly (number | undefined)[] = [409, 412];

/** Keeps the note of a table in its bucket, and replaces it only if it is still as it was read. */
export function noteObject(s3: S3Client, bucket: string): NoteStore {
  const at = { Bucket: bucket, Key: NOTE_KEY };
  return {
    async read() {
      try {
        const { Body, ETag = "" } = await s3.send(new GetObjectCommand(at));
        const note = JSON.parse((await Body?.transformToString()) ?? "") as Note;
        return { note: note.format === 1 ? note : FRESH, version: ETag };
      } catch (error) {
        // the function may not list the bucket, and so S3 says forbidden if the object is not there
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

/** In place of a note of another version of anamo, which is replaced. */
const FRESH: Note = { format: 1, known: { steps: {}, total: 0 } };

import type { Readable } from "node:stream";
import type { Manifest } from "./manifest.ts";
import type { ResultPlace } from "./place.ts";
import type { ResultRecord } from "./record.ts";

/** A stored file, from any attempt. */
export interface StoredFile {
  /** below the place: `<step>/<TaskID>/<itemID>/…`, escaped; on S3 the attempt follows the itemID */
  path: string;
  bytes: number;
  modifiedAtMs: number;
}

/**
 * Published results, in a folder or on S3. Only the attempt that a row records counts, so all methods ask for a record.
 */
export interface ResultStore {
  readonly place: ResultPlace;
  /**
   * The manifest of a recorded result. Throws a ResultError if the result is missing or a different one. In a folder,
   * first completes a publication that its worker died in.
   */
  manifest(record: ResultRecord): Promise<Manifest>;
  /** The folder with the files of a recorded result, for links; undefined on S3. Call `manifest` first. */
  folderOf(record: ResultRecord): string | undefined;
  /** `s3://…`, or the path, of a file or of the whole result, for people and for downloads. */
  nameOf(record: ResultRecord, file?: string): string;
  /** The bucket and key of a file; undefined in a folder. */
  objectOf(record: ResultRecord, file: string): { bucket: string; key: string } | undefined;
  /** A file's contents. Throws a ResultError if it is missing. */
  open(record: ResultRecord, file: string): Promise<Readable>;
  /** All stored files below some of `<step>`, `<TaskID>`, `<itemID>`, including manifests but not staged ones. */
  list(under?: readonly string[]): AsyncGenerator<StoredFile>;
  /**
   * Removes the files of a recorded result, the manifest first, but not those of another attempt. Can be repeated, and
   * continues where a process has died.
   */
  remove(record: ResultRecord): Promise<void>;
}

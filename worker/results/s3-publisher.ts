import { mkdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { systemCode } from "../../lib/errors.ts";
import { sideBySide } from "../../lib/flow/side-by-side.ts";
import type { Item } from "../../lib/items/item.ts";
import { removeTree } from "../../lib/remove-tree.ts";
import { MANIFEST_NAME } from "../../lib/results/file-name.ts";
import { type Manifest, manifestText, ResultError, resultsOf } from "../../lib/results/manifest.ts";
import { resultKey, resultPrefix } from "../../lib/results/place.ts";
import { recordsOf } from "../../lib/results/record.ts";
import { keysBelow, removeKeys } from "../../lib/results/s3-keys.ts";
import { tidyItem } from "../../lib/results/sweep-uploads.ts";
import { noteKey, noteText } from "../../lib/results/upload-notes.ts";
import { readItem } from "../../lib/store/read-row.ts";
import { collectFiles, type FoundFile } from "./collect.ts";
import type { Publisher, PublisherDeps, ResultRun, Staged, StageRequest } from "./publisher.ts";
import { uploadFile } from "./upload-file.ts";

type S3Place = { bucket: string; prefix: string };

/** Small files mainly wait for the answer. */
const FILES_AT_ONCE = 16;
/** How long a failed upload waits for the removal of what it has sent. */
const MOST_DISCARDING_MS = 5_000;
/** The longest key of an object, in bytes. */
const MOST_KEY_BYTES = 1_024;

/**
 * Publishes results in a bucket. Each attempt uploads under its own keys, and the row that records the attempt makes
 * these the result. A note next to them says that an upload is in progress: the sweep handles the notes of dead
 * workers.
 */
export class S3Publisher implements Publisher {
  readonly #place: S3Place;
  readonly #deps: PublisherDeps;

  constructor(place: S3Place, deps: PublisherDeps) {
    this.#place = place;
    this.#deps = deps;
  }

  async makeOut(_run: ResultRun, wanted: string): Promise<string> {
    try {
      mkdirSync(wanted);
    } catch (error) {
      if (systemCode(error) === "EEXIST") await removeTree(wanted);
      else if (systemCode(error) !== "ENOENT") throw error;
      await mkdir(wanted, { recursive: true });
    }
    return wanted;
  }

  async stage({ run, out, nowMs, signal }: StageRequest): Promise<Staged | undefined> {
    const files = await collectFiles(out);
    if (files.length === 0 && !run.old) return undefined;
    this.#checkKeys(run, files);
    const s3 = await this.#deps.openS3();
    const doing = `the result of ${run.itemId}`;
    const discard = () => this.#deps.insist(doing, () => this.#discard(s3, run));
    const publish = () => this.#deps.insist(doing, () => this.#tidy(s3, run));
    const send = <T>(call: () => Promise<T>) => this.#send(doing, signal, call);
    const note = noteText({ ...run, table: this.#deps.table.name });
    try {
      await send(() => this.#put(s3, noteKey(this.#place, run), note, signal));
      // it leaves nothing, but the old result must be removed, even if this worker dies first
      if (files.length === 0) {
        await removeTree(out);
        return { publish, discard };
      }
      await send(() => this.#makeRoom(s3, run));
      const uploaded = await sideBySide(files, FILES_AT_ONCE, (file) =>
        send(() => {
          const key = resultKey(this.#place, run, file.name);
          return uploadFile(file, { s3, bucket: this.#place.bucket, key, signal });
        }),
      );
      const { step, taskId, itemId, task, attempt, lockId } = run;
      const named = { step, taskId, itemId, ...(task !== undefined && { task }), attempt, lockId };
      const manifest: Manifest = { version: 1, ...named, endedAtMs: nowMs, files: uploaded };
      const text = manifestText(manifest);
      await send(() => this.#put(s3, resultKey(this.#place, run, MANIFEST_NAME), text, signal));
      await removeTree(out);
      return { results: resultsOf(manifest, text), publish, discard };
    } catch (error) {
      // the sweep removes what cannot be removed now: a worker that has to stop must give back its items in time
      const discarded = this.#discard(s3, run).catch(() => {});
      await Promise.race([discarded, setTimeout(MOST_DISCARDING_MS, undefined, { ref: false })]);
      throw error;
    }
  }

  /** Nothing to do: what has to be cleared was staged. */
  async clear(): Promise<void> {}

  async dropOtherKind(item: Item): Promise<void> {
    const { openS3, table } = this.#deps;
    const to = { s3: await openS3(), place: this.#place };
    const never = new AbortController().signal;
    await this.#send(`earlier results of ${item.itemId}`, never, () => tidyItem(table, to, item));
  }

  async close(): Promise<void> {}

  /** Repeats a request until it succeeds, `signal` is aborted, or a file cannot be read. */
  async #send<T>(doing: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const end = await this.#deps.insist(doing, async () => {
      try {
        signal.throwIfAborted();
        return { value: await call() };
      } catch (error) {
        if (signal.aborted || isFinal(error)) return { error };
        throw error;
      }
    });
    if ("error" in end) throw end.error;
    return end.value;
  }

  /**
   * Removes what earlier attempts have uploaded, then the note. A worker that was frozen may get here after a later
   * attempt has published, so for a plain item it removes only what no row records, and for a task only what is older.
   */
  async #tidy(s3: S3Client, run: ResultRun): Promise<void> {
    const { attempt, old } = run;
    if (run.task !== undefined) {
      // once all tasks of an item have been started over, nothing shows which attempt the old result comes from
      const before = old ? [old.attempt] : Array.from({ length: attempt - 1 }, (_, earlier) => earlier + 1);
      for (const one of before.filter((earlier) => earlier < attempt)) {
        await this.#removeBelow(s3, resultPrefix(this.#place, { ...run, attempt: one }));
      }
    } else if (attempt > 1 || old) {
      await tidyItem(this.#deps.table, { s3, place: this.#place }, run);
    }
    await removeKeys(s3, this.#place.bucket, [noteKey(this.#place, run)]);
  }

  /**
   * An item that was deleted and added again restarts its attempts at 1, so there may be something under these keys.
   */
  async #makeRoom(s3: S3Client, run: ResultRun): Promise<void> {
    for await (const page of keysBelow(s3, this.#place.bucket, resultPrefix(this.#place, run))) {
      if (page.length === 0) return;
      if (await this.#isOthers(run)) throw new ResultError(`${run.itemId} was deleted and added again meanwhile`);
      const keys = page.map(({ key }) => key);
      await removeKeys(s3, this.#place.bucket, keys);
    }
  }

  /**
   * Whether the same attempt of the item belongs, or has belonged, to another claim because the item was deleted and
   * added again.
   */
  async #isOthers({ itemId, task, attempt, lockId }: ResultRun): Promise<boolean> {
    const { table } = this.#deps;
    const item = await readItem(table, itemId);
    if (!item) return false;
    if (item.state === "locked" && item.attempt === attempt && item.lock?.lockId !== lockId) return true;
    for await (const record of recordsOf(table, item)) {
      if (record.task === task && record.results.attempt === attempt) return true;
    }
    return false;
  }

  async #discard(s3: S3Client, run: ResultRun): Promise<void> {
    // the note also belongs to that other claim
    if (await this.#isOthers(run)) return;
    await this.#removeBelow(s3, resultPrefix(this.#place, run));
    await removeKeys(s3, this.#place.bucket, [noteKey(this.#place, run)]);
  }

  async #removeBelow(s3: S3Client, prefix: string): Promise<void> {
    for await (const page of keysBelow(s3, this.#place.bucket, prefix)) {
      const keys = page.map(({ key }) => key);
      await removeKeys(s3, this.#place.bucket, keys);
    }
  }

  async #put(s3: S3Client, Key: string, Body: string, abortSignal: AbortSignal): Promise<void> {
    const put = new PutObjectCommand({ Bucket: this.#place.bucket, Key, Body, ContentType: "application/json" });
    await s3.send(put, { abortSignal });
  }

  #checkKeys(run: ResultRun, files: readonly FoundFile[]): void {
    for (const { name } of files) {
      const bytes = Buffer.byteLength(resultKey(this.#place, run, name));
      if (bytes > MOST_KEY_BYTES)
        throw new ResultError(
          `$OUT/${JSON.stringify(name)} is too long a name for S3: ${bytes} bytes of ${MOST_KEY_BYTES}`,
        );
    }
  }
}

/** Whether a file cannot be read or the bucket cannot be written, so that waiting is useless. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof Error &&
    ("path" in error ||
      error instanceof ResultError ||
      ["AccessDenied", "NoSuchBucket", "KeyTooLongError"].includes(error.name))
  );
}

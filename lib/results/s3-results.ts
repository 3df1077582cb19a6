import type { Readable } from "node:stream";
import { GetObjectCommand, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import { MANIFEST_NAME, STAGING } from "./file-name.ts";
import { type Manifest, manifestHash, parseManifest, ResultError } from "./manifest.ts";
import { placeText, resultKey, resultPrefix } from "./place.ts";
import type { ResultRecord } from "./record.ts";
import { keysBelow, removeKeys } from "./s3-keys.ts";
import type { ResultStore, StoredFile } from "./store.ts";

type S3Place = { bucket: string; prefix: string };

/** Results in a bucket. Each attempt has its own keys, so nothing is ever overwritten. */
export class S3Results implements ResultStore {
  readonly place: S3Place;
  readonly #s3: S3Client;

  constructor(place: S3Place, s3: S3Client) {
    this.place = place;
    this.#s3 = s3;
  }

  async manifest(record: ResultRecord): Promise<Manifest> {
    const { attempt, manifest } = record.results;
    const where = this.nameOf(record, MANIFEST_NAME);
    const body = await this.#get(record, MANIFEST_NAME);
    if (!body) throw new ResultError(`the result of attempt ${attempt} is not in ${this.nameOf(record)}`);
    const text = await body.transformToString();
    if (manifestHash(text) !== manifest) throw new ResultError(`${where} is not the one that the table records`);
    return parseManifest(text, where);
  }

  folderOf(): undefined {
    return undefined;
  }

  nameOf(record: ResultRecord, file?: string): string {
    const owner = { ...record, attempt: record.results.attempt };
    const key = file === undefined ? resultPrefix(this.place, owner) : resultKey(this.place, owner, file);
    return `s3://${this.place.bucket}/${key}`;
  }

  objectOf(record: ResultRecord, file: string): { bucket: string; key: string } {
    const key = resultKey(this.place, { ...record, attempt: record.results.attempt }, file);
    return { bucket: this.place.bucket, key };
  }

  async open(record: ResultRecord, file: string): Promise<Readable> {
    const body = await this.#get(record, file);
    if (!body) throw new ResultError(`${this.nameOf(record, file)} is missing`);
    return body as unknown as Readable;
  }

  async *list(under: readonly string[] = []): AsyncGenerator<StoredFile> {
    const start = this.place.prefix === "" ? "" : `${this.place.prefix}/`;
    const below = under.map((part) => `${part}/`).join("");
    for await (const page of keysBelow(this.#s3, this.place.bucket, start + below)) {
      for (const { key, bytes, modifiedAtMs } of page) {
        const path = key.slice(start.length);
        if (!path.startsWith(`${STAGING}/`)) yield { path, bytes, modifiedAtMs };
      }
    }
  }

  async remove(record: ResultRecord): Promise<void> {
    const { bucket } = this.place;
    const owner = { ...record, attempt: record.results.attempt };
    const found = await this.#get(record, MANIFEST_NAME);
    // for an item that was deleted and added again, which restarts its attempts at 1
    if (found && manifestHash(await found.transformToString()) !== record.results.manifest) return;
    await removeKeys(this.#s3, bucket, [resultKey(this.place, owner, MANIFEST_NAME)]);
    for await (const page of keysBelow(this.#s3, bucket, resultPrefix(this.place, owner))) {
      await removeKeys(
        this.#s3,
        bucket,
        page.map(({ key }) => key),
      );
    }
  }

  async #get(record: ResultRecord, file: string) {
    const { bucket: Bucket, key: Key } = this.objectOf(record, file);
    try {
      return (await this.#s3.send(new GetObjectCommand({ Bucket, Key }))).Body;
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      if (error instanceof Error && error.name === "NoSuchBucket")
        throw new ResultError(`${placeText(this.place)}: there is no such bucket`, { cause: error });
      throw error;
    }
  }
}

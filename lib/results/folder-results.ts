import { createReadStream, existsSync } from "node:fs";
import { readdir, readFile, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { systemCode } from "../errors.ts";
import { MANIFEST_NAME, STAGING } from "./file-name.ts";
import { type Manifest, manifestHash, parseManifest, ResultError } from "./manifest.ts";
import { resultFolder } from "./place.ts";
import { publishFolder, removeRecorded } from "./publish-folder.ts";
import type { ResultRecord } from "./record.ts";
import type { ResultStore, StoredFile } from "./store.ts";

/** Results in a folder on this machine, or on a file system that machines share. */
export class FolderResults implements ResultStore {
  readonly place: { folder: string };

  constructor(place: { folder: string }) {
    this.place = place;
  }

  async manifest(record: ResultRecord): Promise<Manifest> {
    const { attempt, manifest } = record.results;
    const found = await this.#read(record);
    if (found !== undefined && manifestHash(found) === manifest)
      return parseManifest(found, this.#manifestPath(record));
    await publishFolder(this.place, { ...record, attempt, manifest });
    const text = await this.#read(record);
    const folder = this.folderOf(record);
    if (text === undefined) {
      const own = this.place.folder;
      // making results again would be a waste
      const why = existsSync(own) ? "" : `: there is no ${own}; if it was moved, put it back`;
      throw new ResultError(`the result of attempt ${attempt} is not in ${folder}${why}`);
    }
    if (manifestHash(text) !== manifest) {
      throw new ResultError(`${folder} has another result than that of attempt ${attempt}, which the table records`);
    }
    return parseManifest(text, this.#manifestPath(record));
  }

  folderOf(record: ResultRecord): string {
    return resultFolder(this.place, record);
  }

  nameOf(record: ResultRecord, file?: string): string {
    return file === undefined ? this.folderOf(record) : join(this.folderOf(record), file);
  }

  objectOf(): undefined {
    return undefined;
  }

  async open(record: ResultRecord, file: string): Promise<Readable> {
    const path = this.nameOf(record, file);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) throw new ResultError(`${path} is missing`);
    return found.size === 0 ? Readable.from([]) : createReadStream(path);
  }

  async *list(under: readonly string[] = []): AsyncGenerator<StoredFile> {
    yield* filesBelow(this.place.folder, under.join("/"));
  }

  async remove(record: ResultRecord): Promise<void> {
    const folder = this.folderOf(record);
    await removeRecorded(this.place, record);
    // the folders of the sample and the step, if nothing else is in them
    const above = record.task === undefined ? 2 : 3;
    for (let at = dirname(folder), levels = 0; levels < above; at = dirname(at), levels++) {
      const isGone = await rmdir(at).then(
        () => true,
        () => false,
      );
      if (!isGone) return;
    }
  }

  #manifestPath(record: ResultRecord): string {
    return join(this.folderOf(record), MANIFEST_NAME);
  }

  #read(record: ResultRecord): Promise<string | undefined> {
    return readFile(this.#manifestPath(record), "utf8").catch((error) => {
      if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
      throw error;
    });
  }
}

async function* filesBelow(root: string, path: string): AsyncGenerator<StoredFile> {
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch((error) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
  for (const entry of entries) {
    const inside = path === "" ? entry.name : `${path}/${entry.name}`;
    if (path === "" && entry.name === STAGING) continue;
    if (entry.isDirectory()) {
      yield* filesBelow(root, inside);
      continue;
    }
    const found = await stat(join(root, inside)).catch(() => undefined);
    if (found) yield { path: inside, bytes: found.size, modifiedAtMs: found.mtimeMs };
  }
}

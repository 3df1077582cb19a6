import { createHash } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import {
  access,
  chmod,
  constants,
  copyFile,
  cp,
  link,
  mkdir,
  realpath,
  rename,
  rm,
  rmdir,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../../lib/errors.ts";
import { FullDiskError, isFullError } from "../../lib/full-disk.ts";
import type { Item } from "../../lib/items/item.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import { removeTree } from "../../lib/remove-tree.ts";
import { MANIFEST_NAME } from "../../lib/results/file-name.ts";
import { type Manifest, manifestText, ResultError, resultsOf } from "../../lib/results/manifest.ts";
import { dropOtherKind } from "../../lib/results/other-kind.ts";
import { resultFolder, stagedName, stagingFolder } from "../../lib/results/place.ts";
import { hashIn, inTheWay, MOST_TRIES, publishFolder, removePublished } from "../../lib/results/publish-folder.ts";
import { removeStagedBefore } from "../../lib/results/staged-folders.ts";
import type { Table } from "../../lib/table.ts";
import { collectFiles, type FoundFile, isBelow } from "./collect.ts";
import { hashFiles } from "./hash-file.ts";
import type { Publisher, ResultRun, Staged, StageRequest } from "./publisher.ts";

/** A manifest of a few files. */
const LEAST_BYTES = 4_096;

/**
 * Publishes results into a folder by renaming. `$OUT` is in the scratch folder if that is on the same file system, so
 * that a script that leaves nothing creates no folder of results; otherwise it is in the staging folder.
 */
export class FolderPublisher implements Publisher {
  readonly #table: Table;
  readonly #place: { folder: string };
  #isNear: boolean | undefined;
  #hasMadePlace = false;

  /** `isNear`: whether results are on the same file system as scratch folders; by default it checks */
  constructor(table: Table, place: { folder: string }, isNear?: boolean) {
    this.#table = table;
    this.#place = place;
    this.#isNear = isNear;
  }

  async makeOut(run: ResultRun, wanted: string): Promise<string> {
    this.#isNear ??= isOnOneDisk(dirname(wanted), this.#place.folder);
    // different for each claim: an item that was deleted and added again restarts its attempts at 1
    const claim = createHash("sha256").update(run.lockId).digest("hex").slice(0, 8);
    const out = this.#isNear ? wanted : `${this.#stagedPath(run)}.${claim}.out`;
    try {
      mkdirSync(out);
    } catch (error) {
      if (systemCode(error) === "EEXIST") await removeTree(out);
      else if (systemCode(error) !== "ENOENT") throw error;
      if (!this.#isNear) this.#hasMadePlace ||= !existsSync(this.#place.folder);
      await makeFolder(dirname(out));
      mkdirSync(out);
    }
    return out;
  }

  async stage({ run, out, nowMs, signal }: StageRequest): Promise<Staged | undefined> {
    const files = await collectFiles(out);
    if (files.length === 0 && !existsSync(resultFolder(this.#place, run))) return undefined;
    const blocked = await inTheWay(this.#place, run);
    if (blocked && files.length === 0) return undefined;
    if (blocked) throw new ResultError(blocked);
    try {
      return await this.#stageFiles({ run, out, nowMs, signal }, files);
    } catch (error) {
      // links are copied; the rest is moved, unless that takes a copy, too
      const copied = files.filter(({ linkTo }) => linkTo !== undefined || !this.#isNear);
      const bytes = copied.reduce((sum, file) => sum + file.bytes, LEAST_BYTES);
      throw isFullError(error) ? new FullDiskError(this.#place.folder, bytes, error) : error;
    }
  }

  async #stageFiles({ run, out, nowMs, signal }: StageRequest, files: readonly FoundFile[]): Promise<Staged> {
    await replaceLinks(out, files);
    const { step, taskId, itemId, task, attempt, lockId } = run;
    const manifest: Manifest = {
      version: 1,
      step,
      taskId,
      itemId,
      ...(task !== undefined && { task }),
      attempt,
      lockId,
      endedAtMs: nowMs,
      files: await hashFiles(files, signal),
    };
    const text = manifestText(manifest);
    await this.#move(out, this.#stagedPath(run), text);
    const results = resultsOf(manifest, text);
    const discard = () => this.#discard(run, results.manifest);
    // staged without a file: if this worker dies before removing the old result, the sweep removes it
    if (files.length === 0) return { publish: () => this.clear(run).then(discard), discard };
    const publish = async () => void (await publishFolder(this.#place, { ...run, manifest: results.manifest }));
    return { results, publish, discard };
  }

  async clear(run: ResultRun): Promise<void> {
    if (run.attempt > 1) await removeStagedBefore(this.#place, run);
    await removePublished(this.#place, run);
  }

  async dropOtherKind(item: Item): Promise<void> {
    await dropOtherKind(this.#table, this.#place, item);
  }

  async close(): Promise<void> {
    // a folder that contains anything stays, which is not an error
    await rmdir(stagingFolder(this.#place)).catch(() => {});
    if (this.#hasMadePlace) await rmdir(this.#place.folder).catch(() => {});
  }

  #stagedPath(run: ResultRun): string {
    return join(stagingFolder(this.#place), stagedName(run));
  }

  /**
   * Puts the manifest into a folder, and moves the folder to where a sweep looks for staged results. If that fails, the
   * folder is as the script left it: the next try would take a manifest for a file of the script.
   */
  async #move(out: string, staged: string, text: string): Promise<void> {
    // a script may have removed the permission, which a rename needs
    await chmod(out, 0o755);
    await removeTree(staged);
    const manifest = join(out, MANIFEST_NAME);
    try {
      await writeFile(manifest, text);
      await inStaging(this.#place, () => rename(out, staged));
    } catch (error) {
      await rm(manifest, { force: true });
      if (systemCode(error) !== "EXDEV") throw error;
      await copyOut(out, staged, text);
    }
  }

  async #discard(run: ResultRun, hash: string): Promise<void> {
    const staged = this.#stagedPath(run);
    if ((await hashIn(staged)) === hash) await removeTree(staged);
  }
}

/** Moves a folder where a rename cannot, as between two mounts of one file system. */
async function copyOut(out: string, staged: string, text: string): Promise<void> {
  const draft = `${staged}.manifest`;
  try {
    // the manifest comes last, because it shows that the copy is complete
    await cp(out, staged, { recursive: true, preserveTimestamps: true });
    await writeFile(draft, text);
    await rename(draft, join(staged, MANIFEST_NAME));
  } catch (error) {
    // half a copy would keep a full disk full until the next sweep
    await rm(draft, { force: true });
    await removeTree(staged);
    throw error;
  }
  await removeTree(out);
}

/** Does what needs the staging folder, which any worker that ends removes if it is empty, at any time. */
async function inStaging(place: { folder: string }, act: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    await mkdir(stagingFolder(place), { recursive: true });
    try {
      await act();
      return;
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || existsSync(stagingFolder(place)) || tries === MOST_TRIES) throw error;
    }
  }
}

/** Whether one folder can be renamed into the other. */
function isOnOneDisk(one: string, other: string): boolean {
  const disk = diskOf(one);
  return disk !== undefined && disk === diskOf(other);
}

/** The file system of a folder, or of its nearest parent that exists. */
function diskOf(folder: string): number | undefined {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return statSync(at).dev;
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || at === dirname(at)) return undefined;
    }
  }
}

/** Replaces links to files by the contents of these files, without a copy if they are in the same result. */
async function replaceLinks(out: string, files: readonly FoundFile[]): Promise<void> {
  const links = files.filter(({ linkTo }) => linkTo !== undefined);
  if (links.length === 0) return;
  const inside = await realpath(out);
  for (const { name, path, linkTo = "" } of links) {
    const draft = `${out}.link`;
    await rm(draft, { force: true });
    try {
      if (isBelow(linkTo, inside)) await link(linkTo, draft);
      else await copyFile(linkTo, draft, constants.COPYFILE_FICLONE);
    } catch (error) {
      // half a copy would keep a full disk full until the next sweep
      await rm(draft, { force: true });
      throw error;
    }
    await access(draft, constants.R_OK).catch((error) => {
      throw new ResultError(`$OUT/${name} cannot be read`, { cause: error });
    });
    await rename(draft, path);
  }
}

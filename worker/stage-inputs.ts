import { mkdir, stat, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { httpStatus, systemCode, toError } from "../lib/errors.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { nameOf, type S3Object } from "../lib/inputs/download.ts";
import { findObjects } from "../lib/inputs/find-objects.ts";
import { isStep } from "../lib/inputs/find-predecessors.ts";
import { type FoundFile, findResults } from "../lib/inputs/find-results.ts";
import { InputError, redoHint } from "../lib/inputs/input-error.ts";
import type { ObjectCache } from "../lib/inputs/object-cache.ts";
import { type InputPlace, inputPlace } from "../lib/items/handover.ts";
import type { Item } from "../lib/items/item.ts";
import { removeTree } from "../lib/remove-tree.ts";
import { hashIn } from "../lib/results/publish-folder.ts";
import type { ResultRecord } from "../lib/results/record.ts";
import type { ResultStore } from "../lib/results/store.ts";
import type { WorkerContext } from "./context.ts";
import { insist } from "./insist.ts";
import type { NoInputs, StagedInputs } from "./staged-inputs.ts";
import { diskReason } from "./task/full-disk.ts";
import { nameOfRun } from "./task/run-folder.ts";

/** Where a worker finds what items need. */
export interface InputSources {
  results: ResultStore;
  cache: ObjectCache;
}

/**
 * Errors caused by names: too long for this file system, or a file where another input needs a folder. Any worker would
 * get them.
 */
const OF_NAMES = ["ENAMETOOLONG", "EEXIST", "ENOTDIR", "EISDIR", "ELOOP", "EINVAL"];

function unfit(input: string, error: unknown): InputError {
  const message = `inputs: ${JSON.stringify(input)} cannot be put in place: ${toError(error).message}`;
  return new InputError(message, { cause: error });
}

/** Only this bucket may be answering with errors, so items that use it give their slots to others, and try later. */
const MOST_UNREACHABLE_MS = 10 * 60_000;

function isServerError(error: unknown): boolean {
  return (httpStatus(error) ?? 0) >= 500;
}

function unreachable(what: string, error: unknown): InputError {
  const why = `S3 answers with errors (${httpStatus(error)} ${toError(error).name})`;
  return new InputError(`inputs: ${what}: ${why} since ${MOST_UNREACHABLE_MS / 60_000} minutes`, { cause: error });
}

type StageContext = Omit<WorkerContext, "inputs">;

/** How many links and downloads run concurrently. */
const WIDTH = 8;

/**
 * Puts the inputs of an item into a folder: links to published results and to local files, and links to S3 objects in
 * the worker's cache. Undefined for an item without inputs, or if `signal` is aborted in the meantime.
 */
export async function stageInputs(
  context: StageContext,
  sources: InputSources,
  item: Item,
  signal: AbortSignal,
): Promise<StagedInputs | NoInputs | undefined> {
  if (!item.inputs) return undefined;
  const staging = new Staging(context, sources, item);
  try {
    const { inputs } = item;
    await context.room.forCall(() => staging.fill(inputs, signal));
    if (!signal.aborted) return staging.staged();
  } catch (error) {
    await staging.remove().catch(() => {});
    if (signal.aborted) return undefined;
    if (error instanceof InputError) return { problem: error.message, isMachine: false, isFinal: error.isFinal };
    const why = diskReason(toError(error), context.options.scratchDir);
    return { problem: `its inputs could not be put in place: ${why}`, isMachine: true };
  }
  await staging.remove().catch(() => {});
  return undefined;
}

class Staging {
  readonly folder: string;
  readonly #context: StageContext;
  readonly #sources: InputSources;
  readonly #item: Item;
  readonly #leaves: (() => void)[] = [];
  /** by folder: the results that links point into; on S3 each attempt has its own objects, which do not change */
  readonly #linked = new Map<string, ResultRecord>();

  constructor(context: StageContext, sources: InputSources, item: Item) {
    this.#context = context;
    this.#sources = sources;
    this.#item = item;
    this.folder = join(resolve(context.options.scratchDir), `${nameOfRun(item)}.inputs`);
  }

  async fill(inputs: readonly string[], signal: AbortSignal): Promise<void> {
    await removeTree(this.folder);
    await mkdir(this.folder, { recursive: true });
    for (const input of inputs) {
      signal.throwIfAborted();
      const add = isStep(input, this.#item) ? this.#addStep(input, signal) : this.#addPlace(input, signal);
      await add.catch((error) => {
        throw OF_NAMES.includes(systemCode(error) ?? "") ? unfit(input, error) : error;
      });
    }
  }

  staged(): StagedInputs {
    return { folder: this.folder, changed: () => this.#changed(), remove: () => this.remove() };
  }

  async #changed(): Promise<string | undefined> {
    for (const [folder, { itemId, results }] of this.#linked) {
      if ((await hashIn(folder)) !== results.manifest) return `the results of ${itemId} were replaced while it ran`;
    }
    return undefined;
  }

  async remove(): Promise<void> {
    for (const leave of this.#leaves.splice(0)) leave();
    await removeTree(this.folder);
  }

  async #addStep(step: string, signal: AbortSignal): Promise<void> {
    const { table } = this.#context;
    const { results } = this.#sources;
    const files = await this.#insist(`step ${step}`, () => findResults({ table, results }, this.#item, step));
    const folders = new Set(files.map(({ path }) => dirname(path)));
    for (const folder of folders) await mkdir(join(this.folder, folder), { recursive: true });
    await sideBySide(files, WIDTH, async (found) => {
      signal.throwIfAborted();
      await symlink(await this.#placeOf(results, found), join(this.folder, found.path));
    });
  }

  /** The local path of a file that a predecessor left. */
  async #placeOf(results: ResultStore, { path, record, file }: FoundFile): Promise<string> {
    const object = results.objectOf(record, file.name);
    if (object)
      return this.#take({ ...object, bytes: file.bytes, sha256: file.sha256 }, { path, itemId: record.itemId });
    const folder = results.folderOf(record) ?? "";
    const found = join(folder, file.name);
    const size = await sizeOf(found);
    this.#linked.set(folder, record);
    if (size === file.bytes) return found;
    const what = size === undefined ? "nothing" : `${size} bytes`;
    throw new InputError(
      `inputs/${path}: expected the ${file.bytes} bytes of ${found}, found ${what}; ${redoHint(record.itemId)}`,
    );
  }

  async #addPlace(input: string, signal: AbortSignal): Promise<void> {
    const place = inputPlace(input);
    if (typeof place === "string") throw new InputError(`inputs: expected ${place}, found ${JSON.stringify(input)}`);
    if (place.kind === "path") await this.#addPath(place);
    else {
      const s3 = await this.#context.openS3();
      const objects = await this.#insist(nameOf(place), () => findObjects(s3, place)).catch((error: unknown) => {
        if (!(error instanceof InputError)) throw error;
        throw new InputError(`inputs/${place.name}: ${error.message}`, { cause: error });
      });
      await sideBySide(objects, WIDTH, async ({ path, object }) => {
        signal.throwIfAborted();
        await mkdir(dirname(join(this.folder, path)), { recursive: true });
        await symlink(await this.#take(object, { path }), join(this.folder, path));
      });
    }
  }

  async #addPath({ path, name }: Extract<InputPlace, { kind: "path" }>): Promise<void> {
    const found = resolve(this.#context.options.pipelineDir, path);
    if ((await sizeOf(found)) === undefined) {
      throw new InputError(`inputs/${name}: expected ${found} to be there, found nothing; check the path`);
    }
    await symlink(found, join(this.folder, name));
  }

  async #take(object: S3Object, { path, itemId }: { path: string; itemId?: string }): Promise<string> {
    try {
      const cached = await this.#insist(nameOf(object), () => this.#sources.cache.take(object));
      this.#leaves.push(cached.leave);
      return cached.path;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const hint = itemId === undefined ? "" : `; ${redoHint(itemId)}`;
      throw new InputError(`inputs/${path}: ${error.message}${hint}`, { cause: error });
    }
  }

  /**
   * Repeats a call while the table or bucket cannot be reached. A problem with an input, or with the disk, does not go
   * away.
   */
  async #insist<T>(what: string, call: () => Promise<T>): Promise<T> {
    const doing = `the inputs of ${this.#item.itemId} (${what})`;
    const untilMs = this.#context.table.now() + MOST_UNREACHABLE_MS;
    const result = await insist(this.#context, doing, async () => {
      try {
        return { value: await call() };
      } catch (error) {
        if (isServerError(error) && this.#context.table.now() > untilMs) return { error: unreachable(what, error) };
        const isDisk = ["ENOSPC", "EDQUOT", "EROFS", "EACCES"].includes(systemCode(error) ?? "");
        if (error instanceof InputError || isDisk) return { error };
        throw error;
      }
    });
    if ("error" in result) throw result.error;
    return result.value;
  }
}

/** The size of a file or folder; undefined if it does not exist. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

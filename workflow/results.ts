import { toError, UsageError } from "../lib/errors.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { copyFile, dropOldCopies, verifyFile } from "../lib/inputs/copy-results.ts";
import { type TaskResult, taskResults } from "../lib/inputs/task-results.ts";
import { isoDate } from "../lib/iso-date.ts";
import type { ItemState } from "../lib/items/states.ts";
import { copyTargetProblem } from "../lib/results/copy-target.ts";
import { MANIFEST_NAME } from "../lib/results/file-name.ts";
import type { ResultFile } from "../lib/results/manifest.ts";
import { openResults } from "../lib/results/open.ts";
import { parsePlace, placeText, type ResultPlace } from "../lib/results/place.ts";
import { isRemoved } from "../lib/results/record.ts";
import type { ResultStore } from "../lib/results/store.ts";
import { removedBySteps } from "../lib/retention/count-removed.ts";
import { s3Client } from "../lib/s3-client.ts";
import type { LeftOut } from "../lib/select/select-ids.ts";
import { selectItems } from "../lib/select/selectors.ts";
import type { Keep } from "../lib/store/settings.ts";
import type { Clients } from "./clients.ts";
import { bucketOf } from "./others.ts";
import { isUnnamed, selectorOf, type Which } from "./which.ts";

/** Which results, and what to do with them. */
export interface ResultsOptions {
  /** copies the files to this folder, below `<step>/<TaskID>/<itemID>/`, and checks them */
  get?: string;
  /** reads all files and compares their contents with the manifest */
  verify?: boolean;
  /** called for each given itemID that does not exist or does not match the rest of the selection */
  onLeftOut?: (leftOut: LeftOut) => void;
  /** called with the number of further selected items, whether or not they left anything */
  onItems?: (count: number) => void;
}

/** What one task left in `$OUT`: the attempt that counts, and its files. */
export interface FoundResult {
  itemID: string;
  taskID: string;
  step: string;
  /** of the item: unless it is done, the result is from an earlier run */
  state: ItemState;
  /** of a nested item */
  taskKey?: string;
  attempt: number;
  /** how many files, and their total size */
  count: number;
  bytes: number;
  script: string;
  /** the folder, or `s3://…` */
  place: string;
  /** when it was removed, as ISO 8601 UTC: everything that needed it was done */
  removedAt?: string;
  /** absent if they cannot be read, or were removed */
  files?: ResultFile[];
  /** what is missing, or differs from what was recorded */
  problems?: string[];
}

/** The stored results of a step. */
export interface StoredStep {
  step: string;
  items: number;
  files: number;
  bytes: number;
  /** how long the results of its items stay; absent: forever */
  keep?: Keep;
  /** for how many items they were removed because everything that needed them was done; absent: for none */
  removed?: number;
}

/** All stored results. */
export interface StoredResults {
  place: string;
  steps: StoredStep[];
}

const WIDTH = 8;

/** The results of the selected items, one after another. */
export async function* findResultsOf(
  clients: Clients,
  which: Which,
  options: ResultsOptions,
): AsyncGenerator<FoundResult> {
  if (options.get?.trim() === "") throw new UsageError("results: expected a folder to copy to, found an empty name");
  if (isUnnamed(which)) throw new UsageError(`results: which items? ${clients.wording.missing.items}`);
  const { table } = clients;
  const results = await storeOf(clients);
  if (options.get !== undefined) await checkTarget(clients, options.get, results.place);
  if (typeof which === "string") {
    for await (const one of taskResults(table, which)) yield await look(clients, results, one, options);
    return;
  }
  for await (const page of selectItems(table, selectorOf(which), options.onLeftOut)) {
    options.onItems?.(page.length);
    for (const { itemId } of page) {
      for await (const one of taskResults(table, itemId)) yield await look(clients, results, one, options);
    }
  }
}

async function checkTarget({ wording }: Clients, get: string, place: ResultPlace): Promise<void> {
  const problem = await copyTargetProblem(get, place);
  if (problem === undefined) return;
  const expected = "expected a folder for copies only";
  throw new UsageError(`results: ${wording.option("get")}: ${expected}, found ${JSON.stringify(get)}, ${problem}`);
}

async function look(
  clients: Clients,
  results: ResultStore,
  { item, record, script }: TaskResult,
  { get, verify }: ResultsOptions,
): Promise<FoundResult> {
  const { itemId: itemID, taskId: taskID, step, state } = item;
  const { attempt, files: count, bytes } = record.results;
  const own = { itemID, taskID, step, state, ...(record.task !== undefined && { taskKey: record.task }) };
  const found: FoundResult = { ...own, attempt, count, bytes, script, place: results.nameOf(record) };
  if (item.removal && isRemoved(item, record.results)) {
    return { ...found, removedAt: isoDate(item.removal.atMs) };
  }
  const problems: string[] = [];
  const note = (error: unknown) => void problems.push(toError(error).message);
  const manifest = await results.manifest(record).catch(note);
  if (manifest) {
    found.files = manifest.files;
    const openS3 = async () => clients.other(s3Client);
    await sideBySide(get === undefined && !verify ? [] : manifest.files, WIDTH, async (file) => {
      const work =
        get === undefined ? verifyFile(results, record, file) : copyFile({ results, openS3 }, record, file, get);
      await work.catch(note);
    });
    if (get !== undefined) await dropOldCopies(record, manifest, get).catch(note);
  }
  return problems.length > 0 ? { ...found, problems } : found;
}

/** The stored results by step, whether or not a row records them. */
export async function storedResults(clients: Clients): Promise<StoredResults> {
  const results = await storeOf(clients);
  const steps = new Map<string, StoredStep & { ids: Set<string> }>();
  for await (const { path, bytes } of results.list()) {
    const [folder = "", sample, item] = path.split("/");
    const step = decoded(folder);
    const found = steps.get(step) ?? { step, items: 0, files: 0, bytes: 0, ids: new Set() };
    steps.set(step, found);
    found.ids.add(`${sample}/${item}`);
    if (path.endsWith(`/${MANIFEST_NAME}`)) continue;
    found.files++;
    found.bytes += bytes;
  }
  const { keeps } = await clients.table.settings.get(0);
  const removed = await removedBySteps(clients.table);
  for (const step of [...keeps.keys(), ...removed.keys()]) {
    if (!steps.has(step)) steps.set(step, { step, items: 0, files: 0, bytes: 0, ids: new Set() });
  }
  const list = [...steps.values()].map(({ ids, ...rest }): StoredStep => {
    const [keep, gone = 0] = [keeps.get(rest.step), removed.get(rest.step)];
    return { ...rest, items: ids.size, ...(keep && { keep }), ...(gone > 0 && { removed: gone }) };
  });
  return { place: placeText(results.place), steps: list.sort((a, b) => (a.step < b.step ? -1 : 1)) };
}

function decoded(folder: string): string {
  try {
    return decodeURIComponent(folder);
  } catch {
    return folder;
  }
}

function storeOf(clients: Clients): Promise<ResultStore> {
  return openResults(placeOf(clients), async () => clients.other(s3Client));
}

function placeOf(clients: Clients): ResultPlace {
  const given = clients.env.ANAMO_RESULTS;
  return given ? parsePlace(given) : { bucket: bucketOf(clients).bucket, prefix: "results" };
}

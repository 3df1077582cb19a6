import { sideBySide } from "../flow/side-by-side.ts";
import type { Item } from "../items/item.ts";
import { ResultError, type ResultFile } from "../results/manifest.ts";
import { allRecordsOf, isRemoved, type ResultRecord } from "../results/record.ts";
import { keepResults } from "../results/removal.ts";
import type { ResultStore } from "../results/store.ts";
import type { Table } from "../table.ts";
import { findPredecessors, type Predecessor } from "./find-predecessors.ts";
import { InputError, RemovedError, redoHint } from "./input-error.ts";

/** A file that a predecessor left, and its path below `./inputs`. */
export interface FoundFile {
  path: string;
  record: ResultRecord;
  file: ResultFile;
}

/** How many results are read concurrently: each manifest is one request or file. */
const WIDTH = 16;

/**
 * The files of a step that an item gets, from the attempts that count. Throws an InputError if a predecessor left
 * nothing, if its result is missing or a different one, or if two files would have the same name.
 */
export async function findResults(
  { table, results }: { table: Table; results: ResultStore },
  item: Item,
  step: string,
): Promise<FoundFile[]> {
  const predecessors = await findPredecessors(table, item, step);
  const found = await sideBySide(predecessors, WIDTH, async (one) => {
    // a sweep may be about to remove what nothing seemed to need
    const kept = { ...one, item: await keepResults(table, one.item) };
    return await filesOf({ table, results }, kept, item.itemId);
  });
  const files = found.flat();
  const problem = clashIn(files);
  if (problem) throw new InputError(problem);
  return files;
}

async function filesOf(
  { table, results }: { table: Table; results: ResultStore },
  { item, folder }: Predecessor,
  follower: string,
): Promise<FoundFile[]> {
  const { itemId } = item;
  const records = await Array.fromAsync(allRecordsOf(table, item));
  if (item.removal && records.some(({ results: one }) => isRemoved(item, one))) {
    throw new RemovedError(folder, { itemId, follower, atMs: item.removal.atMs });
  }
  if (records.length === 0) {
    const fix = `let its script write them to "$OUT", then ${redoHint(itemId)}`;
    throw new InputError(`inputs/${folder}: expected results of ${itemId}, found none; ${fix}`);
  }
  const lists = await sideBySide(records, WIDTH, async (record) => {
    const { files } = await results.manifest(record).catch((error: unknown) => {
      if (!(error instanceof ResultError)) throw error;
      throw new InputError(`inputs/${folder}: ${error.message}; ${redoHint(itemId)}`, { cause: error });
    });
    return files.map((file) => ({ path: `${folder}/${file.name}`, record, file }));
  });
  return lists.flat();
}

/** Two files with the same path, or a file where another needs a folder; undefined if there are none. */
function clashIn(files: readonly FoundFile[]): string | undefined {
  const owners = new Map(files.map((found) => [found.path, found]));
  for (const found of files) {
    const other = owners.get(found.path);
    if (other && other !== found) return clash(found, other);
    for (let end = found.path.lastIndexOf("/"); end > 0; end = found.path.lastIndexOf("/", end - 1)) {
      const parent = owners.get(found.path.slice(0, end));
      if (parent) return clash(parent, found);
    }
  }
  return undefined;
}

function clash(one: FoundFile, other: FoundFile): string {
  const text = ({ record: { itemId, task }, file: { name } }: FoundFile) =>
    `${JSON.stringify(name)} of ${itemId}${task === undefined ? "" : ` ${task}`}`;
  const fix = "let their scripts give them different names";
  return `inputs/${one.path}: expected one file of that name, found ${text(one)} and ${text(other)}; ${fix}`;
}

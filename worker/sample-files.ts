import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readOpening } from "../lib/depend/openings.ts";
import { toError } from "../lib/errors.ts";
import type { Item } from "../lib/items/item.ts";
import type { WorkerContext } from "./context.ts";
import { insist } from "./insist.ts";
import { diskReason } from "./task/full-disk.ts";
import { nameOfRun } from "./task/run-folder.ts";

/** The variables of a script that waited for whole steps, and how to remove the files that they name. */
export interface SampleFiles {
  env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * Writes the samples with which an item was released into files, one per line: `SAMPLES` has those that are done, and
 * `FAILED_SAMPLES` those in which something has failed. Undefined for an item that did not wait for a whole step. Files
 * that cannot be written are a problem of this machine, like a scratch folder that cannot be created.
 */
export async function writeSampleFiles(
  context: WorkerContext,
  item: Item,
): Promise<SampleFiles | { problem: string } | undefined> {
  const { opening: key } = item;
  if (key === undefined) return undefined;
  const opening = await insist(context, `the samples of ${item.itemId}`, () => readOpening(context.table, key));
  if (!opening) return undefined;
  const folder = resolve(context.options.scratchDir);
  const name = nameOfRun(item);
  const [samples, failed] = [join(folder, `${name}.samples`), join(folder, `${name}.failed-samples`)];
  const remove = async () => {
    for (const file of [samples, failed]) await rm(file, { force: true });
  };
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(samples, linesOf(opening.done));
    await writeFile(failed, linesOf(opening.failed));
  } catch (error) {
    await remove().catch(() => {});
    return { problem: `its samples could not be written: ${diskReason(toError(error), folder)}` };
  }
  return { env: { SAMPLES: samples, FAILED_SAMPLES: failed }, remove };
}

function linesOf(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join("");
}

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readOpening } from "../lib/depend/openings.ts";
import type { Item } from "../lib/items/item.ts";
import type { WorkerContext } from "./context.ts";
import { insist } from "./insist.ts";
import { nameOfRun } from "./task/run-folder.ts";

/** The variables of a script that waited for whole steps, and how to remove the files that they name. */
export interface SampleFiles {
  env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * Writes the samples with which an item was released into files, one a line: `SAMPLES` those that are done, and
 * `FAILED_SAMPLES` those of which something has failed. Undefined for an item that did not wait for a whole step.
 */
export async function writeSampleFiles(context: WorkerContext, item: Item): Promise<SampleFiles | undefined> {
  const { opening: key } = item;
  if (key === undefined) return undefined;
  const opening = await insist(context, `the samples of ${item.itemId}`, () => readOpening(context.table, key));
  if (!opening) return undefined;
  const folder = resolve(context.options.scratchDir);
  const name = nameOfRun(item);
  const [samples, failed] = [join(folder, `${name}.samples`), join(folder, `${name}.failed-samples`)];
  await mkdir(folder, { recursive: true });
  await writeFile(samples, linesOf(opening.done));
  await writeFile(failed, linesOf(opening.failed));
  return {
    env: { SAMPLES: samples, FAILED_SAMPLES: failed },
    remove: async () => {
      for (const file of [samples, failed]) await rm(file, { force: true });
    },
  };
}

function linesOf(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join("");
}

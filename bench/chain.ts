import type { NewItem } from "../lib/items/new-item.ts";
import { summarize } from "../lib/progress/summarize.ts";
import { importItems } from "./import-items.ts";
import { meter } from "./meter.ts";
import { withStack } from "./stack.ts";
import { work } from "./work.ts";

/** What one worker needs for samples whose items wait for each other, step after step. */
export interface ChainFigures {
  steps: number;
  samples: number;
  /** from the worker's start to its end, with scripts that take practically no time */
  runSeconds: number;
  /** CPU of the worker, without the embedded database */
  cpuSeconds: number;
  lostClaims: number;
  /** per item of the run */
  requests: number;
  write: number;
  read: number;
}

/** Imports a chain of steps for each sample and runs it with one worker that has two slots. */
export function chain(steps = 200, samples = 1): Promise<ChainFigures> {
  return withStack(async (bench) => {
    const items = itemsOf(steps, samples);
    await importItems(bench.table, items);
    const { units } = meter(bench.client);
    const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
    let lostClaims = 0;
    await work(bench, {
      onEvent: ({ kind }) => {
        if (kind === "claim:lost") lostClaims++;
      },
    });
    const runSeconds = (performance.now() - startedMs) / 1_000;
    const { user, system } = process.cpuUsage(startedCpu);
    const { requests, write, read } = units;
    const { items: states } = await summarize(bench.table);
    if (states.done !== items.length) throw new Error(`${states.done} of ${items.length} items are done`);
    const perItem = (figure: number) => Math.round((figure / items.length) * 100) / 100;
    return {
      steps,
      samples,
      runSeconds: Math.round(runSeconds * 100) / 100,
      cpuSeconds: Math.round((user + system) / 1e4) / 100,
      lostClaims,
      requests: perItem(requests),
      write: perItem(write),
      read: perItem(read),
    };
  });
}

function itemsOf(steps: number, samples: number): NewItem[] {
  const names = Array.from({ length: steps }, (_, at) => `step${at}`);
  return names.flatMap((step, at) =>
    Array.from({ length: samples }, (_, n) => {
      const before = names[at - 1];
      const after = before === undefined ? {} : { after: [before] };
      return { itemId: `${step}-S${n}`, taskId: `S${n}`, step, script: "true", ...after };
    }),
  );
}

if (import.meta.main) {
  const [steps = 200, samples = 1] = process.argv.slice(2).map(Number);
  console.table([await chain(steps, samples)]);
}

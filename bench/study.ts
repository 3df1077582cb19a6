import { setTimeout as sleep } from "node:timers/promises";
import { SubmitJobCommand } from "@aws-sdk/client-batch";
import { batchClient } from "../lib/batch-client.ts";
import { ATTR } from "../lib/store/attributes.ts";
import { itemKey } from "../lib/store/keys.ts";
import { partitionsOf, readPartition } from "../lib/store/list-entries.ts";
import { readItem, readRow } from "../lib/store/read-row.ts";
import { JOB_DEFINITION, JOB_QUEUE } from "../local/stack.ts";
import { importItems } from "./import-items.ts";
import { meter } from "./meter.ts";
import { type BenchStack, withStack } from "./stack.ts";
import { work } from "./work.ts";

/** A study with four steps for each sample, and one item that waits for all items of the last step. */
export interface StudyFigures {
  samples: number;
  items: number;
  importSeconds: number;
  /** from the claim of the first item to the end of the item that waits for all */
  runSeconds: number;
  /** from the end of the last sample's last step to the claim of the item that waits for all */
  startSeconds: number;
  /** from import to done, per item; undefined if not counted */
  write?: number;
  read?: number;
}

const STEPS = ["trim", "align", "sort", "call"];
const ITEMS_AT_A_TIME = 4;
const LOOK_MS = 1_000;

/** Measures times with a worker as a separate job; counts the units in another run, unless `isCounted` is false. */
export async function study(
  samples: number,
  { isCounted = true }: { isCounted?: boolean } = {},
): Promise<StudyFigures> {
  const items = itemsOf(samples);
  const times = await withStack((bench) => timed(bench, items));
  const figures = { samples, items: items.length, ...times };
  if (!isCounted) return figures;
  return withStack(async (bench) => {
    const { units } = meter(bench.client);
    await importItems(bench.table, items);
    await work(bench);
    await mustBeDone(bench);
    return { ...figures, write: units.write / items.length, read: units.read / items.length };
  });
}

function itemsOf(samples: number) {
  const ofSteps = STEPS.flatMap((step, at) =>
    Array.from({ length: samples }, (_, n) => {
      const after = at === 0 ? {} : { after: [STEPS[at - 1] ?? ""] };
      return { itemId: `${step}-S${n}`, taskId: `S${n}`, step, script: "true", ...after };
    }),
  );
  const behind = { itemId: "joint", taskId: "all", step: "joint", script: "true", afterAll: [STEPS.at(-1) ?? ""] };
  return [...ofSteps, behind];
}

async function timed(bench: BenchStack, items: ReturnType<typeof itemsOf>) {
  const { table, stack } = bench;
  const startedMs = performance.now();
  await importItems(table, items);
  const importSeconds = (performance.now() - startedMs) / 1_000;
  const batch = batchClient(stack.env);
  const beganMs = table.now();
  const environment = [{ name: "ANAMO_ITEMS", value: String(ITEMS_AT_A_TIME) }];
  await batch.send(
    new SubmitJobCommand({
      jobName: "bench",
      jobQueue: JOB_QUEUE,
      jobDefinition: JOB_DEFINITION,
      containerOverrides: { environment },
    }),
  );
  while ((await readItem(table, "joint"))?.state !== "done") await sleep(LOOK_MS);
  batch.destroy();
  const { endedAtMs = 0 } = await mustBeDone(bench);
  const row = await readRow(table, itemKey("joint"));
  const claimedMs = Date.parse(String(row?.[ATTR.lockDate]));
  const startSeconds = (claimedMs - (await lastEnd(bench))) / 1_000;
  return { importSeconds, runSeconds: (endedAtMs - beganMs) / 1_000, startSeconds };
}

async function mustBeDone({ table }: BenchStack) {
  const joint = await readItem(table, "joint");
  if (joint?.state !== "done") throw new Error(`joint is ${joint?.state}`);
  return joint;
}

/** When the last item of the last per-sample step was done. */
async function lastEnd({ table }: BenchStack): Promise<number> {
  let lastMs = 0;
  const settings = await table.settings.get();
  for (const partition of partitionsOf(settings, { steps: STEPS.slice(-1), states: ["done"] })) {
    for await (const page of readPartition(table, partition)) {
      for (const { endedAtMs = 0 } of page) lastMs = Math.max(lastMs, endedAtMs);
    }
  }
  return lastMs;
}

if (import.meta.main) {
  const [samples = 300] = process.argv.slice(2).map(Number);
  console.table([await study(samples)]);
}

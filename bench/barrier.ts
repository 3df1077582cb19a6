import { claim } from "../lib/claims/claim.ts";
import { complete } from "../lib/claims/complete.ts";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { summarize } from "../lib/progress/summarize.ts";
import { importItems } from "./import-items.ts";
import { meter } from "./meter.ts";
import { withStack } from "./stack.ts";

/** Items that wait for a whole step: what their import and release cost, and how long the release takes. */
export interface BarrierFigures {
  /** items in the step, and as many behind it */
  count: number;
  importSeconds: number;
  /** from the end of the last item of the step to the release of the last one behind it */
  releaseSeconds: number;
  /** CPU of that, with the embedded database */
  releaseCpuSeconds: number;
  /** of that, per item behind the step */
  write: number;
  read: number;
}

const WIDTH = 64;

/** Imports both steps, ends the items of the first as fast as it goes, and looks at the release of the second. */
export async function barrier(count = 3_000): Promise<BarrierFigures> {
  return withStack(async ({ table, client }) => {
    const { units, reset } = meter(client);
    const samples = Array.from({ length: count }, (_, n) => `S${n}`);
    const startedMs = performance.now();
    await importItems(table, [
      ...samples.map((taskId) => ({ itemId: `call ${taskId}`, taskId, step: "call", script: "true" })),
      ...samples.map((taskId) => ({
        itemId: `joint ${taskId}`,
        taskId,
        step: "joint",
        script: "true",
        afterAll: ["call"],
      })),
    ]);
    const importSeconds = (performance.now() - startedMs) / 1_000;
    const end = async (taskId: string) => {
      const who = { instance: "bench/1", jobAttempt: 0, leaseMs: 600_000 };
      const claimed = await claim(table, { itemId: `call ${taskId}`, step: "call" }, who, `lock ${taskId}`);
      if (!claimed.won) throw new Error(`call ${taskId} was not claimed`);
      await complete(table, claimed.item, { exitCode: 0 });
    };
    const [last = "", ...others] = samples;
    await sideBySide(others, WIDTH, end);
    reset();
    const [lastMs, lastCpu] = [performance.now(), process.cpuUsage()];
    await end(last);
    const releaseSeconds = (performance.now() - lastMs) / 1_000;
    const { user, system } = process.cpuUsage(lastCpu);
    const { items } = await summarize(table);
    if (items.todo !== count) throw new Error(`${items.todo} of ${count} items were released`);
    const round = (figure: number) => Math.round(figure * 100) / 100;
    return {
      count,
      importSeconds: round(importSeconds),
      releaseSeconds: round(releaseSeconds),
      releaseCpuSeconds: round((user + system) / 1e6),
      write: round(units.write / count),
      read: round(units.read / count),
    };
  });
}

if (import.meta.main) console.table([await barrier()]);

import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addAll, runOne, stepItem } from "../support/depend.ts";
import { testTable } from "../support/env.ts";
import { itemNow } from "../support/items.ts";
import { testFolder, testWorker } from "../support/worker.ts";

test("a worker runs a study to its end; the script behind a whole step finds its samples in two files", async () => {
  const table = await testTable();
  const show = 'echo "done: $(paste -sd, "$SAMPLES") failed: $(paste -sd, "$FAILED_SAMPLES")"; dirname "$SAMPLES"';
  await addAll(table, [
    stepItem("joint/all", { afterAll: ["call"], allowFailed: "1", script: show }),
    stepItem("call/S1", { after: ["align"], script: 'test -z "${SAMPLES-}"' }),
    stepItem("call/S2", { after: ["align"], script: "exit 3", maxAttempts: 1 }),
    stepItem("align/S1"),
    stepItem("align/S2"),
  ]);
  const { worker } = await testWorker(table);
  expect(await worker.run()).toMatchObject({ reason: "empty", ended: { done: 4, failed: 1 } });
  const { outcome } = await itemNow(table, "joint/all");
  const [line, folder = ""] = outcome?.log?.stdout.split("\n") ?? [];
  expect(line).toBe("done: S1 failed: S2");
  expect((await readdir(folder)).filter((name) => name.includes("samples"))).toEqual([]);
});

test("a worker that cannot write the samples gives the item back and ends, as without a scratch folder", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("joint/all", { afterAll: ["call"] }), stepItem("call/S1")]);
  await runOne(table, "call/S1");
  const scratchDir = join(await testFolder(), "file");
  await writeFile(scratchDir, "");
  const { worker, events } = await testWorker(table, { scratchDir });
  expect(await worker.run()).toMatchObject({ reason: "unfit", ended: { todo: 1 } });
  const { state, losses, interruptions, outcome } = await itemNow(table, "joint/all");
  expect({ state, losses, interruptions }).toEqual({ state: "todo", losses: 0, interruptions: 1 });
  expect(outcome?.message).toMatch(/^its samples could not be written: /);
  expect(events.filter(({ kind }) => kind === "store:unreachable")).toEqual([]);
});

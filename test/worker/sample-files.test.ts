import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { addAll, stepItem } from "../support/depend.ts";
import { testTable } from "../support/env.ts";
import { itemNow } from "../support/items.ts";
import { testWorker } from "../support/worker.ts";

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

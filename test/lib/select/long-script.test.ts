import { expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { listFailed } from "../../../lib/progress/list-failed.ts";
import { nestedProgress } from "../../../lib/progress/nested-progress.ts";
import { describeItem } from "../../../lib/select/describe-item.ts";
import { ITEM_FIELDS } from "../../../lib/select/item-fields.ts";
import { listItems } from "../../../lib/select/list-items.ts";
import { selectItems } from "../../../lib/select/selectors.ts";
import { changed } from "../../support/changes.ts";
import { testTable } from "../../support/env.ts";
import { tableRows } from "../../support/imports.ts";
import { addItems, newItem } from "../../support/items.ts";
import { testWorker } from "../../support/worker.ts";

const long = (script: string) => `# ${"z".repeat(3_500)}\n${script}`;
const VARIES = ["attempt", "endedAt", "wallSeconds", "lockID", "lockedAt", "source"];

// what a quick script used is not always measured
const MAY_BE_ABSENT = ["cpuSeconds", "peakMemoryBytes"];

/** A short and a long script that print the same and end in the same way, after a worker has run both. */
async function both(script: string) {
  const table = await testTable();
  await addItems(table, [
    newItem("short", { script, maxAttempts: 1 }),
    newItem("long", { script: long(script), maxAttempts: 1 }),
  ]);
  await (await testWorker(table)).worker.run();
  return table;
}

test.each(["echo out; echo no such reference >&2; exit 7", "echo fine", "kill -9 $$", "seq 3000; exit 1"])(
  "an item with a long script has the same fields as one with a short script: %s",
  async (script) => {
    const table = await both(script);
    const records = (await Array.fromAsync(listItems(table, selectItems(table, {}), ITEM_FIELDS))).flat();
    const [short, other] = ["short", "long"].map((id) => records.find(({ itemID }) => itemID === id));
    const same = (record: object | undefined) =>
      Object.fromEntries(
        Object.entries(record ?? {}).flatMap(([name, value]) => {
          if (MAY_BE_ABSENT.includes(name)) return [];
          if (VARIES.includes(name)) return [[name, typeof value]];
          return [[name, JSON.parse(JSON.stringify(value).replaceAll("long", "short"))]];
        }),
      );
    expect({ ...same(other), script: "" }).toEqual({ ...same(short), taskID: expect.anything(), script: "" });
    expect(other).toMatchObject({ nestedTasks: 0, tasksDone: 0, script: long(script) });
    const details = await Promise.all(["short", "long"].map((id) => describeItem(table, id)));
    expect({ ...same(details[1]), script: "" }).toEqual({ ...same(details[0]), script: "" });
  },
);

test("an item with a long script does not count as nested, and its failure names no task", async () => {
  const table = await both("exit 7");
  await addItem(table, newItem("N", { scripts: ["a"] }));
  expect(await nestedProgress(table, { items: true })).toMatchObject({ items: 1, tasks: { done: 0, total: 1 } });
  const failed = await listFailed(table);
  expect(failed.map(({ taskKey, exitCode, message }) => [taskKey, exitCode, message])).toEqual([
    [undefined, 7, undefined],
    [undefined, 7, undefined],
  ]);
});

test("an item with a long script is reset, retried and deleted like any other", async () => {
  const table = await both("exit 7");
  await changed(table, { ids: ["long"] }, toReset());
  expect(await describeItem(table, "long")).not.toHaveProperty("exitCode");
  expect(await describeItem(table, "long")).not.toHaveProperty("log");
  expect(await addItem(table, newItem("long", { script: long("echo ok") }), "retry")).toEqual({ outcome: "changed" });
  await (await testWorker(table)).worker.run();
  expect(await describeItem(table, "long")).toMatchObject({ state: "done", exitCode: 0, log: { stdout: "ok\n" } });
  await changed(table, { ids: ["long"] }, toDelete());
  expect(Object.keys(await tableRows(table)).filter((key) => key.startsWith("long"))).toEqual([]);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Audit } from "../../chaos/audit.ts";
import { startFaultProxy } from "../../chaos/fault-proxy.ts";
import { Verdict, verify } from "../../chaos/verify.ts";
import type { Hit } from "../../chaos/workers.ts";
import type { PlannedItem, TaskKind } from "../../chaos/workload.ts";
import { complete } from "../../lib/claims/complete.ts";
import { fail } from "../../lib/claims/fail.ts";
import { finishTask } from "../../lib/claims/finish-task.ts";
import { freeItem } from "../../lib/claims/free.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import type { Item } from "../../lib/items/item.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import { openTable } from "../../lib/table.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, newItem, openTasksNow } from "../support/items.ts";

/* The judge of a chaos run: what it accepts, and what it must not accept. */

/** A table whose accepted writes are observed, and a folder for what tasks write. */
async function scene() {
  const own = await testTable();
  const audit = new Audit();
  const target = testEnv().AWS_ENDPOINT_URL_DYNAMODB ?? "";
  const carry = () => ({ kind: "carry" }) as const;
  const proxy = await startFaultProxy({
    service: "dynamodb",
    target: () => target,
    faultOf: carry,
    onReply: audit.hear,
  });
  const client = dynamoClient({ ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  const ledger = await mkdtemp(join(tmpdir(), "anamo-verify-"));
  onTestFinished(async () => {
    client.destroy();
    await proxy.close();
    await rm(ledger, { recursive: true });
  });
  const table = openTable(own.name, client);
  const hits = new Map<string, Hit[]>();
  const storeKilledAtMs: number[] = [];
  return {
    table,
    own,
    audit,
    hits,
    storeKilledAtMs,
    /** claims an item for the worker `host/<n>` */
    async claim(itemId: string, worker: number): Promise<Item> {
      const result = await claimAs(table, itemId, `lock-${worker}`, { instance: `host/${worker}` });
      if (!result.won) throw new Error(`${itemId} was not won`);
      return result.item;
    },
    /** what a task writes, and its result if it ended well */
    async wrote(itemId: string, lines: string, taskKey = "Task_0") {
      const path = join(ledger, `${itemId}.${taskKey}`);
      await writeFile(path, lines);
      if (lines.includes(" 0\n")) await writeFile(`${path}.result`, `${itemId} ${taskKey}\n`);
    },
    async judge(itemId: string, tasks: TaskKind[] = ["ok"], end: PlannedItem["end"] = "done") {
      const verdict = new Verdict();
      const evidence = { table, audit, ledger, hits, storeKilledAtMs };
      await verify([{ itemId, step: "default", tasks, end }], evidence, verdict);
      const { runs, completed, extraRuns, lost, doublyCompleted, unexplained, early } = verdict;
      return { runs, completed, extraRuns, lost, doublyCompleted, unexplained: unexplained.length, early };
    },
  };
}

const GOOD = { runs: 1, completed: 1, extraRuns: {}, lost: [], doublyCompleted: [], unexplained: 0, early: [] };
const LOST = { cause: "lost", message: "The worker has not been heard from since its lease ran out at noon." } as const;

test("an item that was run once and is done has nothing to explain", async () => {
  const { table, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("A")]);
  await complete(table, await claim("A", 1), {});
  await wrote("A", "S 1\nE 1 0\n");
  expect(await judge("A")).toEqual(GOOD);
});

test("a run that began before what its item waits for had all its results is reported", async () => {
  const { table, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("A")]);
  await complete(table, await claim("A", 1), {});
  await wrote("A", "S 1\nX 1 B.Task_2\nE 1 0\n");
  expect(await judge("A")).toEqual({ ...GOOD, early: ["A Task_0 #1 before B.Task_2"] });
});

test("a run whose claim was cut off counts under what was done to its worker, or under the end of its lease", async () => {
  const { table, hits, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("A")]);
  await freeItem(table, await claim("A", 1), LOST, DEFAULT_POLICY);
  await complete(table, await claim("A", 2), {});
  await wrote("A", "S 1\nS 2\nE 2 0\n");
  const expected = { ...GOOD, runs: 2 };
  expect(await judge("A")).toEqual({ ...expected, extraRuns: { leaseExpired: ["A Task_0 #1"] } });
  hits.set("host/1", [{ why: "freeze", atMs: 0 }]);
  expect(await judge("A")).toEqual({ ...expected, extraRuns: { freeze: ["A Task_0 #1"] } });
});

test("a failure counts where the plan has one, and is unexplained elsewhere", async () => {
  const { table, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("A")]);
  const policy = { ...DEFAULT_POLICY, backoffBaseMs: 0 };
  await fail(table, await claim("A", 1), { cause: "exit", exitCode: 3 }, policy);
  await complete(table, await claim("A", 2), {});
  await wrote("A", "S 1\nE 1 3\nS 2\nE 2 0\n");
  expect(await judge("A", ["fail-once"])).toEqual({ ...GOOD, runs: 2, extraRuns: { exit: ["A Task_0 #1"] } });
  expect(await judge("A", ["ok"])).toMatchObject({ unexplained: 1, extraRuns: { unexplained: ["A Task_0 #1"] } });
});

test("an item is lost if it is not done, if its task left no end, or if it is not there", async () => {
  const { table, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("waiting"), newItem("empty")]);
  await complete(table, await claim("empty", 1), {});
  await wrote("empty", "S 1\n");
  expect((await judge("waiting")).lost).toEqual(["waiting is todo, not done", "waiting Task_0 was not completed"]);
  expect((await judge("empty")).lost).toEqual(["empty Task_0 was not completed"]);
  expect((await judge("missing")).lost).toContain("missing is not in the table, not done");
});

test("a second accepted completion, and an end under a claim that had ended, are noticed", async () => {
  const { table, audit, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("A")]);
  await complete(table, await claim("A", 1), {});
  await wrote("A", "S 1\nE 1 0\n");
  const values = { ":set_ItemState": { S: "done" }, ":lockID": { S: "lock-1" } };
  const body = Buffer.from(JSON.stringify({ Key: { itemID: { S: "A" } }, ExpressionAttributeValues: values }));
  const request = { operation: "UpdateItem", path: "/", number: 0, body };
  audit.hear(request, { status: 400, body: Buffer.from("{}") });
  expect(await judge("A")).toEqual(GOOD);
  audit.hear(request, { status: 200, body: Buffer.from("{}") });
  expect((await judge("A")).doublyCompleted).toEqual(["A became done 2 times, failed 0 times"]);
  expect(audit.lateEnds).toEqual(["A #1: done after done"]);
});

test("a script that ran twice in one attempt is unexplained", async () => {
  const { table, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("A")]);
  await complete(table, await claim("A", 1), {});
  await wrote("A", "S 1\nS 1\nE 1 0\n");
  expect((await judge("A")).unexplained).toBe(1);
});

test("each task of a nested item is completed by one run; a task done under a claim that was cut off explains another", async () => {
  const { table, hits, claim, wrote, judge } = await scene();
  await addItems(table, [newItem("N", { scripts: ["a", "b"] })]);
  const first = await claim("N", 1);
  const open = await openTasksNow(table, "N");
  await freeItem(table, first, LOST, DEFAULT_POLICY);
  const second = await claim("N", 2);
  // the worker that lost the item is the first to write
  for (const [task, attempt] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const which = open[task];
    if (which) await finishTask(table, which, attempt, {});
  }
  await complete(table, second, {});
  await wrote("N", "S 1\nE 1 0\nS 2\nE 2 0\n");
  await wrote("N", "S 2\nE 2 0\n", "Task_1");
  hits.set("host/1", [{ why: "nap", atMs: 0 }]);
  expect(await judge("N", ["ok", "ok"])).toEqual({
    ...GOOD,
    runs: 3,
    completed: 2,
    extraRuns: { nap: ["N Task_0 #2"] },
  });
});

test.each([
  ["before the claim", "unexplained"],
  ["before its end", "unheard"],
  ["after the next claim", "unexplained"],
])("a claim whose end nobody heard of, with the store killed %s, counts as %s", async (when, reason) => {
  const { table, own, storeKilledAtMs, claim, wrote, judge } = await scene();
  const at = (moment: string) => void (moment === when && storeKilledAtMs.push(performance.now()));
  await addItems(table, [newItem("A")]);
  at("before the claim");
  const first = await claim("A", 1);
  at("before its end");
  // not through the proxy that observes writes
  await freeItem(own, first, LOST, DEFAULT_POLICY);
  const second = await claim("A", 2);
  at("after the next claim");
  await complete(table, second, {});
  await wrote("A", "S 1\nS 2\nE 2 0\n");
  expect((await judge("A")).extraRuns).toEqual({ [reason]: ["A Task_0 #1"] });
});

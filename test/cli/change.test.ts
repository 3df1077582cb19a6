import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { summarize } from "../../lib/progress/summarize.ts";
import type { Table } from "../../lib/table.ts";
import { type AnamoResult, anamo } from "../support/anamo.ts";
import { failed, finished, locked } from "../support/changes.ts";
import { dynamoLine, type Fate } from "../support/dynamo-line.ts";
import { testEnv, testTable } from "../support/env.ts";
import { anamoFed } from "../support/fed.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { testFolder } from "../support/worker.ts";

const IDS = ["T1", "T2", "D1", "D2", "F1", "F2", "L1"];

test("reset lists the items that it did not change, and counts the results", async () => {
  const { run, table } = await filled();
  const { exitCode, stdout, stderr } = await run("reset", "F1", "D1", "L1", "nobody", "--yes");
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
  expect(stdout.split("\n").sort()).toEqual([
    "",
    "1 item is locked by a worker (--force takes it from it)",
    ...["2 items reset, 1 unchanged, 1 not found", "L1: unchanged (locked by job-1)", "nobody: not found"],
  ]);
  expect(await itemNow(table, "F1")).toMatchObject({ state: "todo", failures: 0 });
});

test("only selected items are changed, and --json prints one document", async () => {
  const { run, states } = await filled();
  const { exitCode, stdout } = await run(
    "reset",
    "--state",
    "failed,done",
    "--match",
    "*1",
    "--to",
    "held",
    "--yes",
    "--json",
  );
  expect(exitCode).toBe(0);
  const { items, ...counts } = JSON.parse(stdout);
  expect(counts).toEqual({ changed: 2, unchanged: 0, notFound: 0, failed: 0 });
  expect(items.toSorted(byId)).toEqual([
    { itemID: "D1", state: "done", step: "default", result: "changed" },
    { itemID: "F1", state: "failed", step: "default", result: "changed" },
  ]);
  expect(await states()).toEqual({ waiting: 0, todo: 2, locked: 1, done: 1, failed: 1, held: 2 });
});

test("a dry run says what would happen to which items, and changes none", async () => {
  const { run, states } = await filled();
  const before = await states();
  const text = await run("delete", "--all", "--dry-run");
  expect(text).toMatchObject({ exitCode: 0, stderr: "" });
  expect(text.stdout).toContain("6 items of step default would be deleted: 2 ");
  expect(text.stdout).toContain("1 item would stay: locked by a worker (--force takes them from it)");
  const json = await run("hold", "T1", "D1", "--dry-run", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true, changed: 1, unchanged: 1 });
  expect(await states()).toEqual(before);
});

test("nothing is changed without a selector, nor without --yes where there is no terminal", async () => {
  const { run, states } = await filled();
  const before = await states();
  for (const command of ["reset", "hold", "release", "delete"]) {
    const noSelector = await run(command, "--yes");
    expect(noSelector.exitCode).toBe(2);
    expect(noSelector.stderr).toContain("which items?");
    const nobodyToAsk = await run(command, "--all");
    expect(nobodyToAsk.exitCode).toBe(2);
    expect(nobodyToAsk.stderr).toContain("give --yes, or --dry-run");
  }
  expect(await states()).toEqual(before);
});

test("an empty list of itemIDs deletes nothing", async () => {
  const { fed, states } = await filled();
  const before = await states();
  expect(await fed(["\n\n"], "delete", "-", "--yes")).toMatchObject({ exitCode: 0, stdout: "0 items deleted\n" });
  expect(await states()).toEqual(before);
});

test("itemIDs are read from a pipe or a file, one per line", async () => {
  const { run, fed, states } = await filled();
  expect(await fed(["T1\r\n", "\n", "T", "2"], "hold", "-", "--yes")).toMatchObject({
    exitCode: 0,
    stdout: "2 items held\n",
  });
  const file = join(await testFolder(), "ids.txt");
  await writeFile(file, "\ufeffT1\nT2\nD1\n");
  const released = await run("release", "--from", file, "--yes");
  expect(released.exitCode).toBe(0);
  expect(released.stdout).toBe("D1: unchanged (it is done)\n2 items released, 1 unchanged\n");
  expect(await states()).toMatchObject({ todo: 2, held: 0 });
  const nobodyToAsk = await fed(["T1\n"], "reset", "-");
  expect(nobodyToAsk).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("give --yes or --dry-run") });
  const noFile = await run("reset", "--from", `${file}.not`, "--yes");
  expect(noFile).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("cannot be read (ENOENT)") });
});

test("tasks are reset and deleted by name", async () => {
  const { run, table } = await filled();
  await addItems(table, [newItem("N", { scripts: ["a", "b", "c"] })]);
  await finished(table, "N");
  expect(await run("reset", "N", "--yes", "--task", "Task_0", "Task_2")).toMatchObject({ stdout: "1 item reset\n" });
  expect(await itemNow(table, "N")).toMatchObject({ state: "todo", tasksDone: 1 });
  expect(await run("delete", "N", "--yes", "--task", "Task_0")).toMatchObject({ exitCode: 0 });
  expect(await itemNow(table, "N")).toMatchObject({ nestedTasks: 2, tasksDone: 1 });
  expect(await run("reset", "N", "--yes", "--all-tasks")).toMatchObject({ exitCode: 0 });
  expect(await itemNow(table, "N")).toMatchObject({ tasksDone: 0 });
  const order = await run("reset", "--yes", "--task", "Task_0", "N");
  expect(order).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("itemIDs go before --task") });
  const none = await run("delete", "N", "--yes", "--task", "Task_9");
  expect(none).toMatchObject({
    exitCode: 1,
    stdout: "N: not found (it has no Task_9)\n0 items deleted, 1 not found\n",
  });
});

test("locked items are changed only with --force", async () => {
  const { run, states } = await filled();
  expect(await run("release", "--job", "job-1", "--yes")).toMatchObject({ exitCode: 0 });
  expect(await states()).toMatchObject({ locked: 1 });
  expect(await run("release", "--job", "job-1", "--yes", "--force")).toMatchObject({ stdout: "1 item released\n" });
  expect(await states()).toMatchObject({ locked: 0, todo: 3 });
});

test.each([
  [["--state", "faild"], "Expected one of waiting, todo, locked, done, failed, held, blocked"],
  [["--older-than", "2 weeks"], "Expected a time such as 90s, 15m, 2h or 7d"],
  [["--exit-code", "-1"], "Expected a number from 0 to 255"],
  [["--cause", "bad"], "Expected one of exit, signal"],
  [["--stat", "failed"], "Did you mean --state?"],
  [["A", "--all-tasks", "--task", "Task_0"], "cannot be used with"],
])("wrong usage is rejected, and the message says what was expected: %j", async (args, message) => {
  const { exitCode, stderr } = await anamo(["reset", ...args, "--yes", "--table", "any"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});

test("an interrupted dry run prints nothing", async () => {
  const { table } = await filled();
  let looks = 0;
  const endpoint = await dynamoLine((operation): Fate => {
    if (operation === "Query" && looks++ === 0) process.emit("SIGINT");
    return "carry";
  });
  const env = { ...testEnv(), ANAMO_TABLE: table.name, AWS_ENDPOINT_URL_DYNAMODB: endpoint } as Record<string, string>;
  const result = await anamo(["reset", "--all", "--dry-run"], { env });
  expect(looks).toBeGreaterThan(0);
  expect(result).toEqual({ exitCode: 130, stdout: "", stderr: "" });
});

/** A table with items in all states, and ways to run commands on it. */
async function filled(): Promise<{
  table: Table;
  run: (...args: string[]) => Promise<AnamoResult>;
  fed: (input: Iterable<string>, ...args: string[]) => Promise<AnamoResult>;
  states: () => Promise<Record<string, number>>;
}> {
  const table = await testTable();
  await addItems(
    table,
    IDS.map((id) => newItem(id)),
  );
  for (const id of ["D1", "D2"]) await finished(table, id);
  for (const id of ["F1", "F2"]) await failed(table, id);
  await locked(table, "L1");
  const env = { ...testEnv(), ANAMO_TABLE: table.name } as Record<string, string>;
  return {
    table,
    run: (...args) => anamo(args, { env }),
    fed: (input, ...args) => anamoFed(input, args, env),
    states: async () => ({ ...(await summarize(table)).items }),
  };
}

function byId(a: { itemID: string }, b: { itemID: string }): number {
  return a.itemID < b.itemID ? -1 : 1;
}

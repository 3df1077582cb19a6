import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commandLog } from "../../../cli/events/command-log.ts";
import { logLine } from "../../../cli/json/events.ts";
import type { Table } from "../../../lib/table.ts";
import { Workflow } from "../../../workflow/workflow.ts";
import { addAll } from "../../support/depend.ts";
import { testEnv, testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";
import { anamoOn } from "../../support/on-table.ts";
import { linesOf, testFolder } from "../../support/worker.ts";

/** Runs commands that append what they change to a file; returns its lines without who and when. */
async function logged(table: Table, commands: readonly (readonly string[])[]): Promise<object[]> {
  const file = join(await testFolder(), "new", "commands.log");
  const startedAtMs = Date.now();
  for (const args of commands) {
    const { exitCode, stderr } = await anamoOn(table, args, { ANAMO_COMMANDS_LOG: file });
    expect([exitCode, stderr], args.join(" ")).toEqual([0, ""]);
  }
  return (await linesOf(file)).map((text) => {
    const line = logLine.parse(JSON.parse(text)) as Record<string, unknown>;
    const { timestamp, by, level, service, ...rest } = line;
    expect(Date.parse(String(timestamp))).toBeGreaterThanOrEqual(startedAtMs);
    expect([level, service]).toEqual(["INFO", "command"]);
    if (rest.message !== "item:ready") expect(by).toMatch(/@/);
    return rest;
  });
}

test("each change that a command makes to items, tasks and steps is a line that follows the schema", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A", { step: "align" }), newItem("N", { step: "align", scripts: ["true", "true"] })]);
  const lines = await logged(table, [
    ["hold", "--step", "align", "--yes", "--dry-run"],
    ["hold", "A", "--yes"],
    ["release", "A", "--yes"],
    ["reset", "N", "--task", "Task_1", "--yes"],
    ["delete", "N", "--task", "Task_1", "--yes"],
    ["add", "B", "--task", "S", "--script", "true", "--step", "call"],
    ["step", "pause", "align", "--why", "a new index"],
    ["step", "resume", "align"],
    ["delete", "A", "--yes"],
  ]);
  const of = (itemId: string, was: string) => ({ itemId, step: "align", was });
  expect(lines).toEqual([
    { message: "item:held", ...of("A", "todo") },
    { message: "item:unheld", ...of("A", "held") },
    { message: "item:reset", ...of("N", "todo"), tasks: ["Task_1"] },
    { message: "tasks:deleted", ...of("N", "todo"), tasks: ["Task_1"] },
    { message: "item:added", itemId: "B", step: "call", outcome: "added" },
    { message: "step:paused", step: "align", why: "a new index" },
    { message: "step:resumed", step: "align" },
    { message: "item:deleted", ...of("A", "todo") },
  ]);
});

test("items that start over because of others are told with all their tasks, whichever were named", async () => {
  const table = await testTable();
  const N = newItem("N", { step: "align", taskId: "S", scripts: ["true", "true"] });
  await addAll(table, [N, newItem("C", { step: "call", taskId: "S", after: ["align"] })]);
  const lines = await logged(table, [["reset", "N", "--task", "Task_1", "--following", "--yes"]]);
  expect(lines).toEqual([
    { message: "item:reset", itemId: "N", step: "align", was: "todo", tasks: ["Task_1"] },
    { message: "item:reset", itemId: "C", step: "call", was: "waiting", tasks: "all" },
  ]);
});

test("what a command releases is in its log, too", async () => {
  const table = await testTable();
  const waits = await anamoOn(table, ["add", "A", "--task", "S", "--script", "true", "--step", "align"]);
  expect(waits.exitCode).toBe(0);
  const add = ["add", "B", "--task", "S", "--script", "true", "--step", "call", "--after-items", "A"];
  const lines = await logged(table, [add, ["delete", "A", "--yes"], ["delete", "B", "--yes"]]);
  expect(lines).toContainEqual({ message: "item:deleted", itemId: "B", step: "call", was: expect.any(String) });
});

test("a stop is told once the table is draining, and not if it could not be marked", async () => {
  const events: string[] = [];
  const stop = async (table: string) => {
    const workflow = new Workflow({ table, env: testEnv(), onEvent: ({ kind }) => events.push(kind) });
    onTestFinished(() => workflow.close());
    return workflow.stop({ graceMs: 0 });
  };
  await expect(stop("no-such-table")).rejects.toThrow();
  expect(events).toEqual([]);
  await stop((await testTable()).name);
  expect(events).toEqual(["stop:begun"]);
});

test("the log of a stack's folder is logs/commands.log; a file that cannot be written is said once", async () => {
  const folder = await testFolder();
  const log = commandLog(folder, {});
  log?.write({ kind: "stop:lifted", by: "ann@lab" });
  log?.write({ kind: "stop:begun", by: "ann@lab" });
  log?.flush();
  const text = await readFile(join(folder, "logs", "commands.log"), "utf8");
  expect(text.match(/"message":"stop:\w+"/g)).toEqual(['"message":"stop:lifted"', '"message":"stop:begun"']);
  expect(commandLog(undefined, {})).toBeUndefined();
  const table = await testTable();
  const add = ["add", "B", "--task", "S", "--script", "true"];
  expect(await anamoOn(table, add, { ANAMO_COMMANDS_LOG: "/proc/none/log" })).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(
      /^anamo: what this changes is not logged: \/proc\/none\/log cannot be written: [^\n]+\n$/,
    ),
  });
});

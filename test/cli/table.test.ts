import { expect, test } from "vitest";
import { anamo } from "../support/anamo.ts";
import { testEnv } from "../support/env.ts";
import { makeOldTable, oldItem, oldTasks } from "../support/old-table.ts";
import { testTables } from "../support/tables.ts";

/** Runs `anamo table …` against the servers of this test run. */
function run(...args: string[]) {
  const env = Object.entries(testEnv()).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return anamo(["table", ...args], { env: Object.fromEntries(env) });
}

test("a table is created, checked, listed, given a capacity and deleted", async () => {
  const { nameOne } = testTables();
  const name = nameOne();
  const at = ["--table", name];
  expect(await run("check", ...at)).toEqual({ exitCode: 1, stdout: `There is no table ${name}.\n`, stderr: "" });
  expect(await run("create", ...at, "--shards", "8")).toEqual({
    exitCode: 0,
    stdout: `Table ${name} is ready.\n`,
    stderr: "",
  });
  expect(await run("create", ...at)).toMatchObject({ exitCode: 0, stdout: `Table ${name} exists already.\n` });
  expect(await run("create", ...at, "--shards", "9")).toMatchObject({
    exitCode: 1,
    stderr: `anamo: table ${name} has 8 shards, and a table's number of shards cannot change\n`,
  });
  const checked = await run("check", ...at, "--schema", "--json");
  expect(JSON.parse(checked.stdout)).toMatchObject({
    table: name,
    exists: true,
    ok: true,
    differences: [],
    description: { TableName: name },
  });
  expect((await run("list")).stdout).toMatch(new RegExp(`^${name} +anamo +\\d+ +\\d+ +on-demand +ACTIVE$`, "m"));

  expect((await run("capacity", ...at)).stdout).toContain("is on demand");
  expect(await run("capacity", ...at, "--read", "70")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/give both/),
  });
  const set = await run("capacity", ...at, "--read", "70", "--write", "50", "--json");
  expect(JSON.parse(set.stdout)).toMatchObject({
    table: name,
    changed: true,
    mode: "provisioned",
    units: { read: 70, write: 50 },
    indexes: { StateIndex: { read: 70, write: 50 } },
  });
  const lower = await run("capacity", ...at, "--read", "60");
  expect(lower.stdout).toMatch(/^index StateIndex +60 +50/m);
  expect((await run("capacity", ...at, "--read", "60")).stdout).toContain("It was set already.");

  expect(await run("delete", ...at)).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringMatching(/no terminal to ask on: give --yes/),
  });
  expect(JSON.parse((await run("delete", ...at, "--yes", "--json")).stdout)).toEqual({
    table: name,
    outcome: "deleted",
  });
  expect(await run("delete", ...at, "--yes")).toMatchObject({ exitCode: 1, stdout: `There is no table ${name}.\n` });
});

test("items of PyAnamo's table are migrated, and those that cannot be are named", async () => {
  const { client, nameOne } = testTables();
  const [from, to] = [nameOne("old"), nameOne("new")];
  await makeOldTable(client, from, [
    oldItem("A", { ItemState: "locked" }),
    oldItem("B", { ItemState: "Pending" }),
    oldItem("C", { ItemState: "Wall_Time_Exceeded", TaskScript: oldTasks("done", "todo") }),
    oldItem("D", { TaskScript: {} }),
  ]);
  const check = await run("check", "--table", from);
  expect(check).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^index StateIndex +there +missing$/m) });
  expect(check.stdout).toContain(`anamo table migrate --from ${from}`);
  expect(await run("create", "--table", from)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/not one of anamo's/),
  });

  const args = ["migrate", "--from", from, "--table", to, "--step", "call"];
  const dry = await run(...args, "--dry-run", "--json");
  expect(dry).toMatchObject({ exitCode: 1, stderr: "" });
  expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, added: 3, items: { todo: 2, held: 1 } });
  expect(await run(...args)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/table .* does not exist: create it first/),
  });

  await run("create", "--table", to);
  const { stdout, exitCode } = await run(...args);
  expect(exitCode).toBe(1);
  expect(stdout.split("\n")).toEqual([
    `4 items read in ${from}: 3 added to ${to} as step call, 0 existed already.`,
    "they are: 2 todo, 0 done, 0 failed, 1 held",
    "nested tasks: 1 of 2 done, 0 failed",
    "1 item locked in PyAnamo, which means nothing here: todo",
    "1 item stopped by PyAnamo's wall time: todo, and what was done of them stays done",
    "1 item held: Pending",
    "",
    "1 item could not be copied:",
    "itemID  why",
    "D       its TaskScript contains no task",
    "",
  ]);
  expect(JSON.parse((await run(...args, "--json")).stdout)).toMatchObject({ added: 0, existed: 3 });
});

test.for([
  [["create"], /^anamo: no table is named: give --table or set ANAMO_TABLE$/m],
  [["create", "-t", "any", "--shards", "0"], /Expected a whole number from 1 to 256/],
  [["capacity", "-t", "any", "--on-demand", "--read", "5"], /cannot be used with option/],
  [["migrate", "-t", "any"], /--from <old>/],
])("wrong usage names the option: %j", async ([args, stderr]) => {
  expect(await run(...(args as string[]))).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringMatching(stderr as RegExp),
  });
});

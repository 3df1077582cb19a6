import { glob, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { exactly } from "../../cli/json/parts.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import { ITEM_FIELDS } from "../../lib/select/item-fields.ts";
import { ATTR } from "../../lib/store/attributes.ts";
import { ITEM_ROW } from "../../lib/store/schema.ts";
import type { Table } from "../../lib/table.ts";
import { MemorySampler } from "../../worker/task/memory-sampler.ts";
import { anamo, startAnamo } from "../support/anamo.ts";
import { ACCESS_DENIED, batchServer } from "../support/batch-server.ts";
import { failed, finished, locked } from "../support/changes.ts";
import { checkJson } from "../support/check-json.ts";
import { testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { testFolder, testWorker } from "../support/worker.ts";

/*
 * What `--json` prints in cases that other tests do not cover. These tests need not check it against its schema:
 * test/support/anamo.ts does that for every run of `anamo`.
 */

const JOB = "11111111-0a82-49aa-ba5a-4727fcce14a8";

test("an empty table", async () => {
  const table = await testTable();
  expect(await jsonOf(table, "summary")).toMatchObject({ items: { todo: 0 }, steps: {}, failures: { newest: [] } });
  expect(await jsonOf(table, "summary", "--nested", "--items")).toMatchObject({ items: 0, itemIDs: { done: [] } });
  expect(await jsonOf(table, "summary", "--by-sample")).toMatchObject({ steps: [], samples: [] });
  expect(await jsonOf(table, "items")).toEqual([]);
  expect(await jsonOf(table, "jobs")).toMatchObject({ locked: 0, states: {} });
  expect(await jsonOf(table, "delete", "--all", "--yes")).toEqual({ items: [], ...NONE });
});

test("items that ended in every way, and nested ones", async () => {
  const table = await testTable();
  await addItems(table, [
    newItem("done", { script: "printf 'anamo:\\tx\\n'; seq 3000; echo > $OUT/x", priority: 9 }),
    newItem("exit", { script: "echo so; echo why >&2; exit 3", maxAttempts: 1, leaseMs: 90_500 }),
    newItem("killed", { script: "kill -9 $$", maxAttempts: 1 }),
    newItem("slow", { script: "sleep 60", maxAttempts: 1, timeoutMs: 2_000 }),
    newItem("none", { script: "no-such-command", maxAttempts: 1 }),
    newItem("again", { script: "exit 7", maxAttempts: 2 }),
    newItem("N", { scripts: ['echo > "$OUT/x"', "seq 3000; exit 4", "exit 5"], maxAttempts: 1 }),
  ]);
  const backoff = { backoffBaseMs: 3_600_000, backoffCapMs: 3_600_000 };
  const policy = { ...DEFAULT_POLICY, ...backoff };
  // on a busy machine, after a slow look it would pause for longer than anything here runs
  const sampler = new MemorySampler({ now: () => 0 });
  const { worker } = await testWorker(table, { items: 7, nested: 3, policy, patienceMs: 0, sampler });
  await worker.run();

  const items = await jsonOf<ItemsJson>(table, "items", "--fields", ITEM_FIELDS.join(","));
  const told = new Set(items.flatMap((item) => Object.keys(item)));
  expect(ITEM_FIELDS.filter((field) => !told.has(field))).toEqual([
    ...["jobAttempt", "leaseExpiresAt", "resultsRemovedAt", "source"],
    // nothing here waits for others, or gets anything from them
    ...["after", "afterAll", "afterItems", "allowFailed", "inputs"],
  ]);
  expect(Object.fromEntries(items.map(({ itemID, state, cause }) => [itemID, `${state} ${cause}`]))).toEqual({
    done: "done undefined",
    exit: "failed exit",
    killed: "failed signal",
    slow: "failed timeout",
    none: "failed no-start",
    again: "todo exit",
    N: "failed exit",
  });
  expect(await jsonOf(table, "show", "N")).toMatchObject({
    logOf: "Task_1",
    tasks: { byState: { todo: 0, done: 1, failed: 2 }, byExitCode: { 0: 1, 4: 1, 5: 1 } },
  });
  expect(await jsonOf(table, "show", "killed")).toMatchObject({ cause: "signal", signal: "SIGKILL" });
  expect(await jsonOf(table, "show", "done")).toMatchObject({ logKeys: { stdout: expect.any(String) } });
  expect(await jsonOf(table, "summary")).toMatchObject({
    failures: { byCause: { exit: 2, signal: 1, timeout: 1, "no-start": 1 } },
    throughput: expect.anything(),
  });
  expect(await jsonOf(table, "watch", "--count", "1")).toMatchObject({ items: { failed: 5, todo: 1 } });
  expect(await jsonOf(table, "summary", "--nested", "--items")).toMatchObject({ itemIDs: { "26-75%": ["N"] } });
  const logs = await jsonOf<{ from: string }[]>(table, "logs", "--match", "*", "--stderr");
  expect(new Set(logs.map(({ from }) => from))).toContain("row");
  expect(await jsonOf(table, "logs", "--grep", "^2999$")).toHaveLength(2);
});

test("changes that partly fail, and unknown ids", async () => {
  const table = await testTable();
  await addItems(
    table,
    ["todo", "done", "failed", "locked", "spoilt"].map((id) => newItem(id)),
  );
  await finished(table, "done");
  await failed(table, "failed");
  await locked(table, "locked");
  await spoil(table, "spoilt");
  const ids = ["todo", "done", "failed", "locked", "spoilt", "nobody"];
  const counts = { changed: 1, unchanged: 3, notFound: 1, failed: 1 };
  expect(await jsonOf(table, "hold", ...ids, "--yes", { exitCode: 1 })).toMatchObject(counts);
  expect(await jsonOf(table, "release", ...ids, "--dry-run", { exitCode: 1 })).toMatchObject({ dryRun: true });
  const missing = await anamoOn(table, ["items", "todo", "nobody", "--json"]);
  expect(missing).toMatchObject({
    exitCode: 1,
    stderr: "anamo: there is no item nobody (for a sample: --sample NAME)\n",
  });
  expect(JSON.parse(missing.stdout)).toHaveLength(1);
});

test("jobs that Batch does not describe, and workers that are not jobs", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B")]);
  await locked(table, "A", "lock-A", JOB);
  await locked(table, "B", "lock-B", "host/1");
  const AWS_ENDPOINT_URL_BATCH = await batchServer(() => ACCESS_DENIED);
  const { exitCode, stdout } = await anamoOn(table, ["jobs", "--json"], { AWS_ENDPOINT_URL_BATCH });
  expect(exitCode).toBe(1);
  const { states, problem } = JSON.parse(stdout);
  expect(Object.keys(states)).toEqual(["not a Batch job", "not asked"]);
  expect(problem).toContain("AccessDeniedException");
});

test("adding an item that exists, is started over, or is locked", async () => {
  const table = await testTable();
  const add = ["add", "A", "--task", "S", "--script"];
  expect(await jsonOf(table, ...add, "true")).toMatchObject({ outcome: "added" });
  expect(await jsonOf(table, ...add, "ls", { exitCode: 1 })).toMatchObject({ outcome: "exists", different: true });
  expect(await jsonOf(table, ...add, "ls", "--on-duplicate", "reset")).toMatchObject({ outcome: "reset" });
  await locked(table, "A");
  const late = await jsonOf(table, ...add, "ls", "--on-duplicate", "reset", { exitCode: 1 });
  expect(late).toMatchObject({ outcome: "locked" });
});

test("rejected rows, an unusable file, and failed items", async () => {
  const folder = await testFolder();
  const [dir, good, bad] = [join(folder, "stack"), join(folder, "good.txt"), join(folder, "bad.txt")];
  await writeFile(good, `${HEADER}A|S1|exit 3||1|\n|S2|true||1|\nC|S3|true||none|\nN|S4|exit|0,5|1|9\n`);
  await writeFile(bad, "no header\n");
  const run = await anamo(["run", good, "--dir", dir, "--json"]);
  expect(run.exitCode).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({
    failed: expect.arrayContaining([
      expect.objectContaining({ itemID: "A", cause: "exit", exitCode: 3, logTail: "" }),
      expect.objectContaining({ itemID: "N", taskKey: "Task_1", exitCode: 5 }),
    ]),
    import: { imported: 2, rejected: 2, rows: [{ line: 3 }, { line: 4 }] },
  });

  const up = startAnamo(["local", "up", "--dir", dir]);
  const env = await vi.waitFor(async () => {
    const { stdout } = await anamo(["local", "env", "--dir", dir]);
    expect(stdout).toContain("ANAMO_TABLE");
    return Object.fromEntries([...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
  }, 60_000);
  await writeFile(good, `${HEADER}A|S1|other||1|\n|S2|true||1|\nD|S5|true||1|\n`);
  const again = await anamo(["import", good, "--json"], { env });
  expect(again.exitCode).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({ imported: 1, skippedDifferent: 1, rejected: 1, status: "imported" });
  const refused = await anamo(["import", bad, "--json"], { env });
  expect(refused.exitCode).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({ status: "rejected", message: expect.any(String), rows: [] });
  up.child.kill("SIGINT");
  await up.result;

  await writeFile(good, `${HEADER}A|S1|true||2|60\nN|S4|exit|0,5|1|\nA|S1|true|||\n|S2|true|||\n`);
  const dry = await anamo(["import", good, "--dry-run", "--json"]);
  expect(JSON.parse(dry.stdout)).toMatchObject({
    N: 2,
    repeated: 1,
    rejected: 1,
    rejectedRows: [{ line: 5 }],
    items: [{ itemID: "A", maxAttempts: 2, timeoutSeconds: 60 }, { scripts: ["exit 0", "exit 5"] }],
  });
});

test("a step that is paused, paused again, and resumed", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A", { step: "call" })]);
  const paused = { why: expect.any(String), by: expect.any(String) };
  expect(await jsonOf(table, "step", "pause", "call")).toMatchObject({ changed: true, paused });
  expect(await jsonOf(table, "step", "pause", "call")).toMatchObject({ changed: false, paused });
  expect(await jsonOf(table, "step", "list")).toMatchObject([{ step: "call", paused }]);
  expect(await jsonOf(table, "summary")).toMatchObject({ steps: { call: { items: { todo: 1 } } } });
  expect(await jsonOf(table, "step", "resume", "call")).toEqual({ step: "call", changed: true });
});

test("tables that are missing, that exist, and that are on demand", async () => {
  const table = await testTable();
  const missing = ["--table", `${table.name}-not`];
  expect(await jsonOf(table, "table", "check", ...missing, { exitCode: 1 })).toMatchObject({ exists: false });
  expect(await jsonOf(table, "table", "delete", ...missing, { exitCode: 1 })).toMatchObject({ outcome: "missing" });
  expect(await jsonOf(table, "table", "create")).toEqual({ table: table.name, outcome: "existed" });
  expect(await jsonOf(table, "table", "capacity")).toMatchObject({ mode: "on-demand", indexes: {} });
  const list = await jsonOf<{ name: string }[]>(table, "table", "list");
  expect(list.map(({ name }) => name)).toContain(table.name);
});

describe("an error leaves stdout empty, and stderr says why:", () => {
  test.for([
    ["an unknown item", ["show", "nobody"], 1, "there is no item nobody"],
    ["an unknown table", ["summary", "--table", "no-such-table"], 1, "the table is not there"],
    ["an unknown option", ["jobs", "--itms"], 2, "Did you mean --items?"],
    ["no terminal to ask on", ["delete", "--all"], 2, "give --yes"],
    ["a wrong value", ["items", "--fields", "colour"], 2, 'found "colour"'],
  ] as const)("%s", async ([, args, exitCode, message]) => {
    const result = await anamoOn(await testTable(), [...args, "--json"]);
    expect(result).toMatchObject({ exitCode, stdout: "", stderr: expect.stringContaining(message) });
  });
});

describe("the check against the schema", () => {
  const created = { table: "a", outcome: "created" };
  const args = ["table", "create", "--json"];
  const printed = (value: unknown) => ({ exitCode: 0, stdout: `${JSON.stringify(value)}\n`, stderr: "" });

  test("accepts what the schema describes", () => {
    expect(() => checkJson(args, printed(created))).not.toThrow();
  });

  test.for([
    ["an extra field", printed({ ...created, more: 1 }), /more/],
    ["a missing field", printed({ table: "a" }), /outcome/],
    ["a wrong value", printed({ ...created, outcome: "made" }), /"created"\|"existed"/],
    ["text that is not JSON", { exitCode: 0, stdout: "Table a is ready.\n", stderr: "" }, /JSON/],
    ["no output without a reason", { exitCode: 0, stdout: "", stderr: "" }, /stdout is empty/],
  ] as const)("rejects %s", ([, result, message]) => {
    expect(() => checkJson(args, result)).toThrow(message);
  });

  test("rejects a command without a schema", () => {
    expect(() => checkJson(["tables", "--json"], printed([]))).toThrow("cli/json/outputs.ts");
  });

  test("is not loaded by any command: commands import only types from the schemas", async () => {
    const cli = fileURLToPath(new URL("../../cli/", import.meta.url));
    const files = (await Array.fromAsync(glob("**/*.ts", { cwd: cli }))).filter((file) => !file.startsWith("json"));
    const texts = await Promise.all(files.map((file) => readFile(join(cli, file), "utf8")));
    const imports = texts.flatMap((text) => text.match(/^import .* from ".*\/json\/.*$/gm) ?? []);
    expect(imports.length).toBeGreaterThan(1);
    expect(imports.filter((line) => !line.startsWith("import type"))).toEqual([]);
  });

  test("does not compile if a schema differs from its type", () => {
    const two = exactly<{ a: string; b?: number }>();
    two(z.strictObject({ a: z.string(), b: z.number().optional() }));
    // @ts-expect-error a field is missing
    two(z.strictObject({ a: z.string() }));
    // @ts-expect-error a field is not optional
    two(z.strictObject({ a: z.string(), b: z.number() }));
    // @ts-expect-error there is an extra field
    two(z.strictObject({ a: z.string(), b: z.number().optional(), c: z.string().optional() }));
  });
});

type ItemsJson = { itemID: string; state: string; cause?: string }[];

const HEADER = "itemID|TaskID|TaskScript|TaskArgs|MaxAttempts|TimeoutSeconds\n";
const NONE = { changed: 0, unchanged: 0, notFound: 0, failed: 0 };

/** What a command prints with `--json`. Expects exit code 0, unless the last argument says otherwise. */
async function jsonOf<T = unknown>(table: Table, ...args: (string | { exitCode: number })[]): Promise<T> {
  const words = args.filter((arg) => typeof arg === "string");
  const { exitCode } = args.find((arg) => typeof arg !== "string") ?? { exitCode: 0 };
  const result = await anamoOn(table, [...words, "--json"]);
  expect({ exitCode: result.exitCode, stderr: result.stderr }).toEqual({ exitCode, stderr: "" });
  return JSON.parse(result.stdout) as T;
}

/** Writes text where a number should be, as someone might in the AWS console. */
async function spoil(table: Table, itemID: string): Promise<void> {
  await table.db.send(
    new UpdateCommand({
      TableName: table.name,
      Key: { [ATTR.itemId]: itemID, [ATTR.taskKey]: ITEM_ROW },
      UpdateExpression: "SET #attempt = :text",
      ExpressionAttributeNames: { "#attempt": ATTR.attempt },
      ExpressionAttributeValues: { ":text": "many" },
    }),
  );
}

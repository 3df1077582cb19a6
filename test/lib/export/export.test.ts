import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { exportRow } from "../../../cli/json/export.ts";
import { isEarlierExport } from "../../../lib/export/earlier-export.ts";
import type { ExportRow } from "../../../lib/export/export-row.ts";
import { EXPORT_FORMATS } from "../../../lib/export/formats.ts";
import { SeenIds } from "../../../lib/export/seen-ids.ts";
import type { Workflow } from "../../../workflow/index.ts";
import { exportStudy, FAILED, HOSTILE } from "../../support/export-study.ts";
import { anamoOn } from "../../support/on-table.ts";
import { testFolder } from "../../support/worker.ts";

/* Every format is read by a reader of its own, and everything in the table must arrive unchanged. */

test("JSON lines and CSV have every item and every nested task after its item, with any name as data", async () => {
  const { table, workflow } = await exportStudy();
  const rows = await rowsOf(workflow);
  const items = rows.filter(({ kind }) => kind === "item");
  expect(items.map(({ itemID }) => itemID).toSorted()).toEqual([...HOSTILE, "nested", "failed"].toSorted());
  const nested = rows.filter(({ itemID }) => itemID === "nested");
  expect(nested).toMatchObject([
    { kind: "item", state: "done", nestedTasks: 2, tasksDone: 2, attempt: 1, startedAt: expect.any(String) },
    { kind: "task", taskKey: "Task_0", taskID: "S1", state: "done", arg: "chr1", script: "echo a", tagged: ["a\tb"] },
    { kind: "task", taskKey: "Task_1", taskID: "S1", state: "done", arg: "=1+1", script: "echo b", wallSeconds: 1 },
  ]);
  const { log, logKeys, ...ofFailed } = FAILED;
  const expected = { ...ofFailed, tagged: log.tagged, stdoutKey: logKeys.stdout, failures: 1, state: "failed" };
  expect(rows.find(({ itemID }) => itemID === "failed")).toMatchObject(expected);

  const jsonl = await anamoOn(table, ["export", "--format", "jsonl"]);
  expect(jsonl).toMatchObject({ exitCode: 0, stderr: "" });
  const lines = jsonl.stdout.trimEnd().split("\n");
  expect(sorted(lines.map((line) => exportRow.parse(JSON.parse(line))))).toEqual(sorted(rows));

  const csv = await anamoOn(table, ["export", "--format", "csv", "--raw"]);
  const records: Record<string, string>[] = parse(csv.stdout, { columns: true, relax_column_count: false });
  expect(sorted(records.map(fromCells))).toEqual(sorted(rows));

  const forSheets = await anamoOn(table, ["export", "--format", "csv", "--no-tasks", "--step", "=cmd()"]);
  expect(parse(forSheets.stdout, { columns: true })).toMatchObject([{ itemID: "'=cmd()", taskID: "'=cmd()" }]);
});

test("a SQLite database has items, tasks, tags and steps", async () => {
  const { table, workflow } = await exportStudy();
  const folder = await testFolder();
  const file = join(folder, "study.db");
  // an earlier export is replaced
  for (const _ of [1, 2]) {
    const result = await anamoOn(table, ["export", "--format", "sqlite", "--out", file]);
    expect(result).toEqual({ exitCode: 0, stdout: "", stderr: `11 items and 2 nested tasks in ${file}\n` });
  }
  expect(await readdir(folder)).toEqual(["study.db"]);
  const database = new DatabaseSync(file, { readOnly: true });
  const all = (sql: string) => database.prepare(sql).all();
  const withoutNull = (row: object) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  const rows = await rowsOf(workflow);
  const items = all("SELECT * FROM items").map((row) => fromCells({ kind: "item", ...withoutNull(row) }));
  const withoutTags = rows.filter(({ kind }) => kind === "item").map(({ tagged: _, ...row }) => row);
  expect(sorted(items)).toEqual(sorted(withoutTags));
  expect(all("SELECT taskKey, arg, exitCode FROM tasks ORDER BY taskKey")).toEqual([
    { taskKey: "Task_0", arg: "chr1", exitCode: 0 },
    { taskKey: "Task_1", arg: "=1+1", exitCode: 0 },
  ]);
  expect(all("SELECT taskKey, name, value FROM tags ORDER BY itemID, taskKey, line")).toEqual([
    { taskKey: null, name: "coverage", value: "31.2" },
    { taskKey: null, name: "=cmd()", value: "\u202e" },
    { taskKey: null, name: "no value", value: null },
    { taskKey: null, name: "a", value: "b" },
    { taskKey: "Task_0", name: "a", value: "b" },
    { taskKey: "Task_1", name: "a", value: "b" },
  ]);
  expect(all("SELECT items, todo, done, failed, wallSeconds FROM steps WHERE step = 'default'")).toEqual([
    { items: 2, todo: 0, done: 1, failed: 1, wallSeconds: 92.5 },
  ]);
  expect(all("SELECT count(*) AS n FROM steps WHERE items = 1 AND todo = 1")).toEqual([{ n: HOSTILE.length }]);
  expect(all("SELECT value FROM about WHERE name = 'table'")).toEqual([{ value: table.name }]);
  database.close();
});

test("what is not an export is not replaced by a database, and a broken export leaves the earlier one", async () => {
  const { table, workflow } = await exportStudy();
  const folder = await testFolder();
  const file = join(folder, "lab.db");
  await writeFile(file, "mine");
  const taken = await anamoOn(table, ["export", "--format", "sqlite", "--out", file]);
  expect(taken).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is not an export of anamo") });
  const onLeftOut = () => {
    throw new Error("broken off");
  };
  const broken = workflow.export(["nobody"], { format: "csv", out: file, force: true, onLeftOut });
  await expect(broken).rejects.toThrow("broken off");
  expect(await readFile(file, "utf8")).toBe("mine");
  expect(await readdir(folder)).toEqual(["lab.db"]);
});

test("an earlier export or an empty file is replaced, and somebody's own only with force", async () => {
  const { workflow } = await exportStudy();
  for (const format of EXPORT_FORMATS) {
    const folder = await testFolder();
    const file = join(folder, "study");
    const write = (force: boolean) => workflow.export(["failed"], { format, out: file, force, tasks: false });
    await writeFile(file, "");
    await writeFile(`${file}.new`, "theirs");
    await write(false);
    expect(await isEarlierExport(file, format), format).toBe(true);
    await writeFile(file, `mine\n${await readFile(file, "latin1")}`, "latin1");
    await expect(write(false), format).rejects.toThrow("is not an export of anamo in this format");
    await write(true);
    expect(await isEarlierExport(file, format), format).toBe(true);
    expect(await readFile(`${file}.new`, "utf8")).toBe("theirs");
    expect((await readdir(folder)).toSorted()).toEqual(["study", "study.new"]);
  }
});

test("wrong usage of export is named; unknown ids and steps are errors", async () => {
  const { table } = await exportStudy();
  const on = (...args: string[]) => anamoOn(table, ["export", ...args]);
  const wrong = async (message: string, ...args: string[]) =>
    expect(await on(...args)).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(message) });
  await wrong("needs --out FILE", "--format", "sqlite");
  await wrong("goes with --format csv and trace", "--format", "jsonl", "--raw");
  await wrong("end in _mqc.tsv", "--format", "multiqc", "--out", "tags.tsv");
  await wrong("expected a file, found a folder", "--format", "csv", "--out", await testFolder());
  const unknown = await on("failed", "nobody", "--format", "jsonl");
  expect(unknown).toMatchObject({
    exitCode: 1,
    stderr: "anamo: there is no item nobody (for a sample: --sample NAME)\n",
  });
  expect(JSON.parse(unknown.stdout)).toMatchObject({ itemID: "failed" });
  expect(await on("--step", "cal", "--format", "csv")).toMatchObject({ exitCode: 1 });
});

test("an id that comes twice is known, whatever other ids came", () => {
  const seen = new SeenIds();
  const ids = Array.from({ length: 20_000 }, (_, n) => `sample_${n % 2000}-step${Math.floor(n / 2000)}`);
  expect(ids.filter((id) => !seen.isNew(id))).toEqual([]);
  expect(ids.filter((id) => seen.isNew(id))).toEqual([]);
});

async function rowsOf(workflow: Workflow): Promise<ExportRow[]> {
  return (await Array.fromAsync(workflow.exportPages())).flat();
}

function sorted<T extends object>(rows: readonly T[]): T[] {
  return rows
    .map((row) => [JSON.stringify([keyOf(row), row]), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);
}

function keyOf(row: object): string {
  return ["itemID", "taskKey"].map((name) => (row as Record<string, unknown>)[name] ?? "").join("/");
}

const NUMBERS =
  /^(attempt|failures|interruptions|losses|nestedTasks|tasksDone|exitCode|wallSeconds|cpuSeconds|peakMemoryBytes|jobAttempt|logBytes|priority|maxAttempts|timeoutSeconds|leaseSeconds)$/;
const LISTS = /^(tagged|after|afterAll|afterItems)$/;

/** A row whose cells are text, as it was before: empty cells are absent. */
function fromCells(cells: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled = Object.entries(cells).filter(([, cell]) => cell !== "" && cell !== null);
  return Object.fromEntries(
    filled.map(([name, cell]) => {
      if (LISTS.test(name)) return [name, JSON.parse(String(cell))];
      return [name, NUMBERS.test(name) ? Number(cell) : cell];
    }),
  );
}

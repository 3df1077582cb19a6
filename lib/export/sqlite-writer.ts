import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { inStepOrder } from "../depend/step-order.ts";
import { isoDate } from "../iso-date.ts";
import { ITEM_STATES } from "../items/states.ts";
import { loadSqlite } from "../load-sqlite.ts";
import { COLUMNS, type Column, type ColumnType, cellOf } from "./columns.ts";
import type { ExportRow } from "./export-row.ts";
import { tagOf } from "./tags.ts";
import type { ExportContext, ExportWriter } from "./writer.ts";

/** "anam": marks a database as one of ours, so that no other database is replaced by mistake. */
const APPLICATION_ID = 0x616e_616d;

const SQL_TYPES: Record<ColumnType, string> = {
  text: "TEXT",
  integer: "INTEGER",
  real: "REAL",
  date: "TEXT",
  list: "TEXT",
};

const KINDS: readonly (keyof ExportRow)[] = ["kind", "tagged"];
/** Not on tasks; queries that need them join the items. */
const OF_ITEM_ONLY: readonly (keyof ExportRow)[] = ["taskID", "step"];
const REQUIRED: readonly (keyof ExportRow)[] = ["itemID", "taskKey", "taskID", "step", "state"];

const ITEM_COLUMNS = COLUMNS.filter(({ name, of }) => of !== "task" && !KINDS.includes(name));
const TASK_COLUMNS = COLUMNS.filter(
  ({ name, of }) => of !== "item" && !KINDS.includes(name) && !OF_ITEM_ONLY.includes(name),
);

/** Whether a file is a database that {@link sqliteWriter} created. */
export async function isOurDatabase(file: string): Promise<boolean> {
  const { DatabaseSync: Database } = await loadSqlite();
  try {
    const database = new Database(file, { readOnly: true });
    try {
      return database.prepare("PRAGMA application_id").get()?.application_id === APPLICATION_ID;
    } finally {
      database.close();
    }
  } catch {
    return false;
  }
}

/** Writes a new database with the tables items, tasks, tags, steps and about. `file` must not exist. */
export async function sqliteWriter(
  file: string,
  context: ExportContext,
): Promise<ExportWriter & { close: () => void }> {
  const { DatabaseSync: Database } = await loadSqlite();
  const database = new Database(file);
  // nobody reads the file before it is complete, and a broken one is thrown away, so it needs no journal
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; ${SCHEMA}`);
  const items = inserter(database, "items", ITEM_COLUMNS);
  const tasks = inserter(database, "tasks", TASK_COLUMNS);
  const tags = database.prepare("INSERT INTO tags (itemID, taskKey, line, name, value) VALUES (?, ?, ?, ?, ?)");
  return {
    async page(rows) {
      for (const row of rows) {
        if (row.kind === "item") items(row);
        else tasks(row);
        insertTags(tags, row);
      }
    },
    async end() {
      insertSteps(database, context);
      insertAbout(database, context);
      database.exec("COMMIT");
    },
    close: () => database.close(),
  };
}

const SCHEMA = `
CREATE TABLE items (${columnsSql(ITEM_COLUMNS)}, PRIMARY KEY (itemID));
CREATE TABLE tasks (${columnsSql(TASK_COLUMNS)}, PRIMARY KEY (itemID, taskKey));
CREATE TABLE tags (itemID TEXT NOT NULL, taskKey TEXT, line INTEGER NOT NULL, name TEXT NOT NULL, value TEXT);
CREATE TABLE steps (step TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL, items INTEGER NOT NULL,
  ${ITEM_STATES.map((state) => `${state} INTEGER NOT NULL`).join(", ")},
  wallSeconds REAL, cpuSeconds REAL, peakMemoryBytes INTEGER, pausedSince TEXT, pausedBy TEXT, pausedWhy TEXT);
CREATE TABLE about (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);`;

function columnsSql(columns: readonly Column[]): string {
  return columns
    .map(({ name, type }) => `${quoted(name)} ${SQL_TYPES[type]}${REQUIRED.includes(name) ? " NOT NULL" : ""}`)
    .join(", ");
}

function quoted(name: string): string {
  return `"${name}"`;
}

function inserter(database: DatabaseSync, table: string, columns: readonly Column[]): (row: ExportRow) => void {
  const names = columns.map(({ name }) => quoted(name)).join(", ");
  const insert = database.prepare(`INSERT INTO ${table} (${names}) VALUES (${columns.map(() => "?").join(", ")})`);
  return (row) => void insert.run(...columns.map((column): SQLInputValue => cellOf(row, column) ?? null));
}

function insertTags(insert: StatementSync, { itemID, taskKey, tagged = [] }: ExportRow): void {
  for (const [at, line] of tagged.entries()) {
    const { name, value } = tagOf(line);
    insert.run(itemID, taskKey ?? null, at, name, value ?? null);
  }
}

/** One row for each step that the table knows, with the counts of the exported items. Sums include nested tasks. */
function insertSteps(database: DatabaseSync, { settings }: ExportContext): void {
  const insert = database.prepare(
    "INSERT INTO steps (step, position, items, pausedSince, pausedBy, pausedWhy, " +
      `${ITEM_STATES.join(", ")}) VALUES (?, ?, 0, ?, ?, ?, ${ITEM_STATES.map(() => "0").join(", ")})`,
  );
  for (const [at, step] of inStepOrder(settings.steps.keys(), settings).entries()) {
    const paused = settings.paused.get(step);
    insert.run(step, at + 1, paused?.since ?? null, paused?.by ?? null, paused?.why ?? null);
  }
  const counts = ITEM_STATES.map((state) => `${state} = found.${state}`).join(", ");
  const sums = ITEM_STATES.map((state) => `sum(state = '${state}') AS ${state}`).join(", ");
  database.exec(`UPDATE steps SET items = found.items, ${counts}
    FROM (SELECT step, count(*) AS items, ${sums} FROM items GROUP BY step) AS found WHERE found.step = steps.step;
    UPDATE steps SET wallSeconds = found.wall, cpuSeconds = found.cpu, peakMemoryBytes = found.peak FROM (
      SELECT step, sum(wallSeconds) AS wall, sum(cpuSeconds) AS cpu, max(peakMemoryBytes) AS peak FROM (
        SELECT step, wallSeconds, cpuSeconds, peakMemoryBytes FROM items WHERE nestedTasks = 0
        UNION ALL SELECT items.step, tasks.wallSeconds, tasks.cpuSeconds, tasks.peakMemoryBytes
          FROM tasks JOIN items USING (itemID)) GROUP BY step) AS found WHERE found.step = steps.step`);
}

function insertAbout(database: DatabaseSync, { table, nowMs, version }: ExportContext): void {
  const insert = database.prepare("INSERT INTO about (name, value) VALUES (?, ?)");
  insert.run("table", table);
  insert.run("exportedAt", isoDate(nowMs));
  if (version) insert.run("version", version);
  insert.run("attempts", "attempt counts all attempts; times, memory, exit code and tags are of the last one");
}

import { randomBytes } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { TableError, UsageError } from "../errors.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { idProblem, MAX_STEP_BYTES } from "../ids.ts";
import { DEFAULT_SHARDS } from "../store/settings.ts";
import { openTable, type Table } from "../table.ts";
import { layoutOf } from "../tables/check-table.ts";
import { describeTable } from "../tables/describe-table.ts";
import { mapItem } from "./map-item.ts";
import { readOldItem } from "./old-item.ts";
import { count, emptyReport, type MigrateReport } from "./report.ts";
import { scanOld } from "./scan-old.ts";
import { lookForItem, type Written, writeItem } from "./write-item.ts";

export type { MigrateReport };

/** The table to write to, and the client that reads the old one. */
export interface MigrateDeps {
  client: DynamoDBClient;
  table: Table;
}

export interface MigrateOptions {
  /** the step of all items: PyAnamo has no steps */
  step?: string;
  /** only report what would be done */
  dryRun?: boolean;
  /** called with the counts so far after each item */
  onProgress?: (soFar: Readonly<MigrateReport>) => void;
  /** stops between two items; another run does the rest */
  signal?: AbortSignal;
}

const DEFAULT_STEP = "default";
/** How many items to migrate at a time. */
const WIDTH = 16;

/**
 * Copies the items of a PyAnamo table into an anamo table. Changes nothing in the old table, and leaves items that
 * already exist in the new one alone, so another run only adds what is missing. Throws a UsageError or TableError if a
 * table is missing or has the wrong layout.
 */
export async function migrateFrom(
  { client, table }: MigrateDeps,
  from: string,
  { step = DEFAULT_STEP, dryRun = false, onProgress, signal }: MigrateOptions = {},
): Promise<MigrateReport> {
  const problem = idProblem(step, MAX_STEP_BYTES);
  if (problem) throw new UsageError(`step: expected text of 1 to ${MAX_STEP_BYTES} bytes, found ${problem}`);
  await checkOld(client, from);
  const targetExists = await checkTarget(client, table.name, dryRun);
  const report = emptyReport({ from, table: table.name, step, dryRun });
  const shards = dryRun ? DEFAULT_SHARDS : (await table.settings.register(step)).shards;
  const run = `migrate-${from}-${randomBytes(6).toString("base64url")}`;
  await sideBySide(scanOld(openTable(from, client), signal), WIDTH, async (row, index) => {
    const { item: old, why } = readOldItem(row);
    if (old) {
      const mapped = mapItem(old, step, `${run}:${index}`, table.now());
      const tryOut = async (): Promise<Written> => (targetExists ? lookForItem(table, old.itemId) : "added");
      count(report, old, mapped, await (dryRun ? tryOut() : writeItem(table, shards, mapped)));
    } else {
      report.problems.push({ itemID: String(row.itemID), why });
    }
    report.read++;
    onProgress?.(report);
  });
  report.complete = !signal?.aborted;
  return report;
}

async function checkOld(client: DynamoDBClient, from: string): Promise<void> {
  const found = await describeTable(client, from);
  if (!found) throw new TableError(`table ${from}, to migrate from, does not exist`);
  const layout = layoutOf(found);
  if (layout === "anamo") throw new UsageError(`table ${from} is one of anamo's and needs no migration`);
  if (layout === "other") throw new UsageError(`table ${from} is not one of PyAnamo's: its only key should be itemID`);
}

/** Whether the target table exists. Only a dry run may do without it. */
async function checkTarget(client: DynamoDBClient, name: string, dryRun: boolean): Promise<boolean> {
  const found = await describeTable(client, name);
  if (!found && dryRun) return false;
  if (!found) throw new TableError(`table ${name}, to migrate to, does not exist: create it first`);
  if (layoutOf(found) !== "anamo") throw new TableError(`table ${name} is not one of anamo's`);
  return true;
}

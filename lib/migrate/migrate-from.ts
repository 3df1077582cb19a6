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

/** What a migration works with: the table that is written to, and the client that reads the old one. */
export interface MigrateDeps {
  client: DynamoDBClient;
  table: Table;
}

export interface MigrateOptions {
  /** the step that all items go to; PyAnamo's tables have none */
  step?: string;
  /** only says what would be done */
  dryRun?: boolean;
  /** told of the counts so far, after each item */
  onProgress?: (soFar: Readonly<MigrateReport>) => void;
  /** stops between two items; running it again goes on */
  signal?: AbortSignal;
}

const DEFAULT_STEP = "default";
/** Items under way at once. */
const WIDTH = 16;

/**
 * Copies the items of a table of PyAnamo's layout into one of ours, and changes nothing in the old one. Items whose
 * itemID is there already are left alone, so it may run again: it adds what is missing.
 */
export async function migrateFrom(
  { client, table }: MigrateDeps,
  from: string,
  { step = DEFAULT_STEP, dryRun = false, onProgress, signal }: MigrateOptions = {},
): Promise<MigrateReport> {
  const problem = idProblem(step, MAX_STEP_BYTES);
  if (problem) throw new UsageError(`step: expected text of 1 to ${MAX_STEP_BYTES} bytes, found ${problem}`);
  await checkOld(client, from);
  const isThere = await checkTarget(client, table.name, dryRun);
  const report = emptyReport({ from, table: table.name, step, dryRun });
  const shards = dryRun ? DEFAULT_SHARDS : (await table.settings.register(step)).shards;
  const run = `migrate-${from}-${randomBytes(6).toString("base64url")}`;
  await sideBySide(scanOld(openTable(from, client), signal), WIDTH, async (row, index) => {
    const { item: old, why } = readOldItem(row);
    if (old) {
      const mapped = mapItem(old, step, `${run}:${index}`, table.now());
      const look = async (): Promise<Written> => (isThere ? lookForItem(table, old.itemId) : "added");
      count(report, old, mapped, await (dryRun ? look() : writeItem(table, shards, mapped)));
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
  if (!found) throw new TableError(`there is no table ${from} to migrate from`);
  const layout = layoutOf(found);
  if (layout === "anamo") throw new UsageError(`table ${from} is one of anamo's, and needs no migration`);
  if (layout === "other") throw new UsageError(`table ${from} is not one of PyAnamo's: its only key should be itemID`);
}

/** Whether the table is there; only a dry run can do without. */
async function checkTarget(client: DynamoDBClient, name: string, dryRun: boolean): Promise<boolean> {
  const found = await describeTable(client, name);
  if (!found && dryRun) return false;
  if (!found) throw new TableError(`there is no table ${name} to migrate to: create it first`);
  if (layoutOf(found) !== "anamo") throw new TableError(`table ${name} is not one of anamo's`);
  return true;
}

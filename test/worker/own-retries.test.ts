import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { addItem } from "../../lib/changes/add.ts";
import { realTimers, type Timers } from "../../lib/flow/timers.ts";
import type { Table } from "../../lib/table.ts";
import { INDEX_LAG_MS, OwnRetries } from "../../worker/own-retries.ts";
import { testTable } from "../support/env.ts";
import { testWorker } from "../support/worker.ts";

/** The same table, whose index shows nothing for the next `queries` queries once `begins` says so. */
function withLaggingIndex(table: Table, begins: () => boolean, queries: number): Table {
  let left = queries;
  const db = Object.create(table.db) as Table["db"];
  db.send = (async (command: Parameters<Table["db"]["send"]>[0]) => {
    const lags = command instanceof QueryCommand && command.input.IndexName !== undefined && begins() && left-- > 0;
    return lags ? { Items: [], Count: 0, ScannedCount: 0 } : table.db.send(command);
  }) as Table["db"]["send"];
  return { ...table, db };
}

test("a worker that does not wait runs its own retry even if the index does not show it yet", async () => {
  const table = await testTable();
  await addItem(table, { itemId: "I", taskId: "S", step: "s", script: "exit 1", maxAttempts: 2 });
  let hasEnded = (): boolean => false;
  const lagging = withLaggingIndex(table, () => hasEnded(), 20);
  // on a busy machine, the index would otherwise show it before the worker has looked
  const after: Timers["after"] = (ms, act) => (ms === INDEX_LAG_MS ? () => {} : realTimers.after(ms, act));
  const { worker, events } = await testWorker(lagging, {}, { after });
  hasEnded = () => events.some(({ kind }) => kind === "item:ended");
  expect(await worker.run()).toMatchObject({ reason: "empty", claimed: 2, ended: { todo: 1, failed: 1 } });
});

test("an own retry counts until it is claimed again, or until the index must show it", () => {
  const due: (() => void)[] = [];
  const after: Timers["after"] = (_, act) => {
    due.push(act);
    return () => {};
  };
  const retries = new OwnRetries({ after });
  const retry = { step: "s", readyAtMs: 5 };
  retries.add("A", retry);
  retries.add("B", retry);
  expect(retries.all).toEqual([retry, retry]);
  retries.drop("A");
  expect(retries.all).toEqual([retry]);
  for (const act of due) act();
  expect(retries.all).toEqual([]);
});

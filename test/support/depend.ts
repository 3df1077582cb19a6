import { addMember } from "../../lib/changes/add-member.ts";
import { claim } from "../../lib/claims/claim.ts";
import { complete } from "../../lib/claims/complete.ts";
import { fail } from "../../lib/claims/fail.ts";
import type { NewItem } from "../../lib/items/new-item.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import type { ItemState } from "../../lib/items/states.ts";
import { readItem } from "../../lib/store/read-row.ts";
import type { Table } from "../../lib/table.ts";
import { testTable } from "./env.ts";

/** An item whose step and sample are taken from its name: `call/S1`, or `call/S1/2`. */
export function stepItem(itemId: string, rest: Partial<NewItem> = {}): NewItem {
  const [step = "", taskId = ""] = itemId.split("/");
  return { itemId, taskId, step, script: `echo ${itemId}`, ...rest };
}

/** Adds items one by one, as `anamo add` does. */
export async function addAll(table: Table, items: readonly NewItem[]): Promise<void> {
  for (const item of items) await addMember(table, item);
}

/** A table with align → call → joint (all of call), for two samples. */
export async function newStudy(): Promise<Table> {
  const table = await testTable();
  await addAll(table, [
    stepItem("align/S1"),
    stepItem("align/S2"),
    stepItem("call/S1", { after: ["align"] }),
    stepItem("call/S2", { after: ["align"] }),
    stepItem("joint/all", { afterAll: ["call"] }),
  ]);
  return table;
}

/** Claims an item and ends it; with `failed`, it fails for good. Throws if it cannot be claimed. */
export async function runOne(table: Table, itemId: string, end: "done" | "failed" = "done"): Promise<void> {
  const [step = ""] = itemId.split("/");
  const who = { instance: "host/1", jobAttempt: 0, leaseMs: 60_000 };
  const claimed = await claim(table, { itemId, step }, who, `lock of ${itemId} ${Math.random()}`);
  if (!claimed.won) throw new Error(`${itemId} cannot be claimed: it is ${await stateNow(table, itemId)}`);
  if (end === "done") await complete(table, claimed.item, { exitCode: 0 });
  else await fail(table, claimed.item, { cause: "exit", exitCode: 1 }, { ...DEFAULT_POLICY, maxAttempts: 1 });
}

/** The state of an item; undefined if it does not exist. */
export async function stateNow(table: Table, itemId: string): Promise<ItemState | undefined> {
  return (await readItem(table, itemId))?.state;
}

/** The states of items, by itemID. */
export async function statesNow(table: Table, ...itemIds: string[]): Promise<Record<string, ItemState | undefined>> {
  return Object.fromEntries(await Promise.all(itemIds.map(async (id) => [id, await stateNow(table, id)])));
}

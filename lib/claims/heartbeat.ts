import { isHeldBy } from "../store/conditions.ts";
import { A } from "../store/rows.ts";
import { ITEM_ROW } from "../store/schema.ts";
import { buildUpdate, update } from "../store/update.ts";
import type { Table } from "../table.ts";

/** Whether the claim still holds: `gone` when the item was deleted, `taken` when it is no longer ours. */
export type HeartbeatResult = { held: true; leaseExpiresAtMs: number } | { held: false; why: "gone" | "taken" };

/**
 * Renews the lease of a claim. Touches nothing that the index holds, unless `tasksDone` brings the count of a nested
 * item up to date: that is for now and then, not for every beat.
 */
export async function heartbeat(
  table: Table,
  itemId: string,
  lockId: string,
  leaseMs: number,
  tasksDone?: number,
): Promise<HeartbeatResult> {
  const leaseExpiresAtMs = table.now() + leaseMs;
  const input = buildUpdate(
    table.name,
    { [A.itemId]: itemId, [A.taskKey]: ITEM_ROW },
    { set: { [A.leaseExpiresAtMs]: leaseExpiresAtMs, ...(tasksDone !== undefined && { [A.tasksDone]: tasksDone }) } },
    isHeldBy(lockId),
  );
  const result = await update(table, input);
  if (result.won) return { held: true, leaseExpiresAtMs };
  if (!result.row) return { held: false, why: "gone" };
  return { held: false, why: "taken" };
}

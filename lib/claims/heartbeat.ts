import { ATTR } from "../store/attributes.ts";
import { isHeldBy } from "../store/conditions.ts";
import { itemKey } from "../store/keys.ts";
import { updateRow } from "../store/write-row.ts";
import type { Table } from "../table.ts";

/** Whether the claim still holds the item: `gone` if it was deleted, `taken` if another claim or nobody has it. */
export type HeartbeatResult = { held: true; leaseExpiresAtMs: number } | { held: false; why: "gone" | "taken" };

/**
 * Renews the lease of a claim. Leaves the index alone, unless `tasksDone` updates the count of a nested item: that
 * costs another write unit, so not every heartbeat does it.
 */
export async function heartbeat(
  table: Table,
  { itemId, lockId }: { itemId: string; lockId: string },
  { leaseMs, tasksDone }: { leaseMs: number; tasksDone?: number | undefined },
): Promise<HeartbeatResult> {
  const leaseExpiresAtMs = table.now() + leaseMs;
  const set = {
    [ATTR.leaseExpiresAtMs]: leaseExpiresAtMs,
    ...(tasksDone !== undefined && { [ATTR.tasksDone]: tasksDone }),
  };
  const result = await updateRow(table, itemKey(itemId), { changes: { set }, condition: isHeldBy(lockId) });
  if (result.won) return { held: true, leaseExpiresAtMs };
  return { held: false, why: result.row ? "taken" : "gone" };
}

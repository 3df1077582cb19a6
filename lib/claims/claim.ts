import { isoDate } from "../iso-date.ts";
import type { Item } from "../items/item.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { isClaimable } from "../store/conditions.ts";
import { moveState } from "../store/move-state.ts";
import { lockIdOf, rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";

/** Who claims an item, and for how long. */
export interface Claimant {
  instance: string;
  jobAttempt: number;
  /** how long the claim holds without a heartbeat; an item may have a `leaseMs` of its own */
  leaseMs: number;
}

/** The result of a claim. Not won: another worker was faster, or the item can no longer be claimed. */
export type ClaimResult = { won: true; item: Item } | { won: false };

/**
 * Claims an item, if it can still be claimed, in one conditional write that also returns the script. `lockId` must be
 * new for every call: if a refused write finds it on the locked row, the claim did succeed and only its reply was lost.
 */
export async function claim(
  table: Table,
  candidate: { itemId: string; step: string },
  { instance, jobAttempt, leaseMs }: Claimant,
  lockId: string,
): Promise<ClaimResult> {
  const nowMs = table.now();
  const { itemId, step } = candidate;
  const { won, row } = await moveState(table, {
    from: { state: "todo" },
    to: { itemId, step, state: "locked", lock: { instance, jobAttempt } },
    shards: await table.settings.shards(),
    set: {
      [ATTR.lockId]: lockId,
      [ATTR.instance]: instance,
      [ATTR.jobAttempt]: jobAttempt || undefined,
      [ATTR.lockDate]: isoDate(nowMs),
    },
    compute: {
      [ATTR.leaseExpiresAtMs]: {
        expression: "if_not_exists(#LeaseMs, :leaseMs) + :nowMs",
        names: { "#LeaseMs": ATTR.leaseMs },
        values: { ":leaseMs": leaseMs, ":nowMs": nowMs },
      },
    },
    add: { [ATTR.attempt]: 1 },
    // keep the previous attempt's outcome until this attempt ends: it says why there is another one
    remove: [ATTR.readyAtMs, ATTR.doneDate],
    condition: isClaimable(nowMs, lockId),
    // the lockID outlives the lock: if a sweep came between, the item is no longer ours
    isWritten: (found) => lockIdOf(found) === lockId && found[ATTR.state] === "locked",
    returning: "new",
  });
  return won ? { won, item: rowToItem(row as Row) } : { won };
}

import { isoDate } from "../iso-date.ts";
import type { Item } from "../items/item.ts";
import { isClaimable } from "../store/conditions.ts";
import { stateKeys } from "../store/keys.ts";
import { A, lockIdOf, type Row, rowToItem } from "../store/rows.ts";
import { ITEM_ROW } from "../store/schema.ts";
import { buildUpdate, update } from "../store/update.ts";
import type { Table } from "../table.ts";

/** Who claims, and on what terms. */
export interface Claimant {
  instance: string;
  jobAttempt: number;
  /** how long the claim holds without a heartbeat, unless the item says otherwise */
  leaseMs: number;
}

/** What a claim came to. `lost`: somebody was faster, or the item is not to be had any more. */
export type ClaimResult = { won: true; item: Item } | { won: false };

/**
 * Makes an item ours, if it is still to be had, in one conditional write that also brings the script.
 * `lockId` must be new for every call: a refusal that shows our own is a win whose reply was lost on the way.
 */
export async function claim(
  table: Table,
  shards: number,
  candidate: { itemId: string; step: string },
  claimant: Claimant,
  lockId: string,
): Promise<ClaimResult> {
  const nowMs = table.now();
  const lock = {
    lockId,
    instance: claimant.instance,
    jobAttempt: claimant.jobAttempt,
    lockedAtMs: nowMs,
    leaseExpiresAtMs: nowMs + claimant.leaseMs,
  };
  const keys = stateKeys({ ...BLANK, itemId: candidate.itemId, step: candidate.step, state: "locked", lock }, shards);
  const input = buildUpdate(
    table.name,
    { [A.itemId]: candidate.itemId, [A.taskKey]: ITEM_ROW },
    {
      set: {
        [A.state]: "locked",
        [A.stateKey]: keys.stateKey,
        [A.stateSort]: keys.stateSort,
        [A.lockId]: lockId,
        [A.instance]: lock.instance,
        [A.jobAttempt]: lock.jobAttempt || undefined,
        [A.lockDate]: isoDate(nowMs),
      },
      compute: {
        [A.leaseExpiresAtMs]: {
          expression: "if_not_exists(#LeaseMs, :leaseMs) + :now",
          names: { "#LeaseMs": A.leaseMs },
          values: { ":leaseMs": claimant.leaseMs, ":now": nowMs },
        },
      },
      add: { [A.attempt]: 1 },
      // the outcome of the attempt before stays until this one has its own: it says why there is a second
      remove: [A.readyAtMs, A.doneDate],
    },
    isClaimable(nowMs),
    true,
  );
  const result = await update(table, input);
  if (result.won) return { won: true, item: rowToItem(result.row as Row) };
  if (result.row && lockIdOf(result.row) === lockId) return { won: true, item: rowToItem(result.row) };
  return { won: false };
}

const BLANK = {
  taskId: "",
  priority: 0,
  nestedTasks: 0,
  tasksDone: 0,
  attempt: 0,
  failures: 0,
  interruptions: 0,
  losses: 0,
} as const;

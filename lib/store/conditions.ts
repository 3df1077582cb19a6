import { A } from "./rows.ts";
import type { Condition } from "./update.ts";

/** There is no such row yet. */
export const isNew: Condition = {
  expression: `attribute_not_exists(${A.itemId})`,
  names: {},
};

/** Waiting, and no back-off keeps it from being claimed. */
export function isClaimable(nowMs: number): Condition {
  return {
    expression: "#ItemState = :todo AND (attribute_not_exists(#ReadyAtMs) OR #ReadyAtMs <= :now)",
    names: { "#ItemState": A.state, "#ReadyAtMs": A.readyAtMs },
    values: { ":todo": "todo", ":now": nowMs },
  };
}

/** Locked, and by this very claim. The fence of every write that a worker makes. */
export function isHeldBy(lockId: string): Condition {
  return {
    expression: "#lockID = :lockID AND #ItemState = :locked",
    names: { "#lockID": A.lockId, "#ItemState": A.state },
    values: { ":lockID": lockId, ":locked": "locked" },
  };
}

/** Nobody works on it. */
export const isNotLocked: Condition = {
  expression: "#ItemState <> :locked",
  names: { "#ItemState": A.state },
  values: { ":locked": "locked" },
};

/** The lease that was seen to have run out has not been renewed since. */
export function leaseIsStill(leaseExpiresAtMs: number): Condition {
  return {
    expression: "#LeaseExpiresAtMs = :seenLease",
    names: { "#LeaseExpiresAtMs": A.leaseExpiresAtMs },
    values: { ":seenLease": leaseExpiresAtMs },
  };
}

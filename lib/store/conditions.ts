import type { Parked } from "../items/parked.ts";
import { ATTR } from "./attributes.ts";
import type { Condition } from "./expression.ts";
import { storedToken } from "./parked-token.ts";

/** The row does not exist yet. */
export const isNew: Condition = {
  expression: `attribute_not_exists(${ATTR.itemId})`,
  names: {},
};

/**
 * Waiting, not backing off, and not freed from this same claim: a worker that was frozen may resend a claim after
 * the item was freed, when its lease is already over. The row keeps the last claim's `lockID`.
 */
export function isClaimable(nowMs: number, lockId: string): Condition {
  return {
    expression:
      "#ItemState = :todo AND (attribute_not_exists(#ReadyAtMs) OR #ReadyAtMs <= :now) " +
      "AND (attribute_not_exists(#lockID) OR #lockID <> :lockID)",
    names: { "#ItemState": ATTR.state, "#ReadyAtMs": ATTR.readyAtMs, "#lockID": ATTR.lockId },
    values: { ":todo": "todo", ":now": nowMs, ":lockID": lockId },
  };
}

/** Locked by this claim. Every write of a worker carries this condition. */
export function isHeldBy(lockId: string): Condition {
  return {
    expression: "#lockID = :lockID AND #ItemState = :locked",
    names: { "#lockID": ATTR.lockId, "#ItemState": ATTR.state },
    values: { ":lockID": lockId, ":locked": "locked" },
  };
}

/** No worker has it. */
export const isNotLocked: Condition = {
  expression: "#ItemState <> :locked",
  names: { "#ItemState": ATTR.state },
  values: { ":locked": "locked" },
};

/** The lease that was seen to have expired has not been renewed since. */
export function leaseIsStill(leaseExpiresAtMs: number): Condition {
  return {
    expression: "#LeaseExpiresAtMs = :seenLease",
    names: { "#LeaseExpiresAtMs": ATTR.leaseExpiresAtMs },
    values: { ":seenLease": leaseExpiresAtMs },
  };
}

/** Parked under this token. */
export function isParkedBy(parked: Parked): Condition {
  return {
    expression: "#Parked.#token = :parkToken",
    names: { "#Parked": ATTR.parked, "#token": "token" },
    values: { ":parkToken": storedToken(parked) },
  };
}

/** The row, of a task or of scripts, was written under this epoch. */
export function isOfEpoch(epoch: unknown): Condition {
  return { expression: "#Epoch = :epoch", names: { "#Epoch": ATTR.epoch }, values: { ":epoch": epoch } };
}

/** An attribute still has the value that was seen; undefined means that it is still absent. */
export function isStill(attribute: (typeof ATTR)[keyof typeof ATTR], value: number | undefined): Condition {
  const names = { [`#${attribute}`]: attribute };
  return value === undefined
    ? { expression: `attribute_not_exists(#${attribute})`, names }
    : { expression: `#${attribute} = :seen_${attribute}`, names, values: { [`:seen_${attribute}`]: value } };
}

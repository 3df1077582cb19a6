import type { Item } from "./item.ts";
import { type Cause, isInterruption } from "./states.ts";

/** How often an item may go wrong before it stays `failed`, and how long it waits between attempts. */
export interface RetryPolicy {
  /** attempts that may fail; an item's own `maxAttempts` takes precedence */
  maxAttempts: number;
  /** interruptions that are forgiven: an item that kills its machine must not be retried forever */
  maxInterruptions: number;
  /** how often its worker may be lost */
  maxLosses: number;
  backoffBaseMs: number;
  backoffCapMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export const DEFAULT_POLICY: Readonly<RetryPolicy> = {
  maxAttempts: 3,
  maxInterruptions: 20,
  maxLosses: 5,
  backoffBaseMs: 5 * SECOND,
  backoffCapMs: 15 * MINUTE,
};

/** Where an item goes after an attempt that did not succeed, with its new counters. */
export interface NextState {
  state: "todo" | "failed";
  /** cannot be claimed before this; at once if absent */
  readyAtMs?: number;
  failures: number;
  interruptions: number;
  losses: number;
}

/**
 * Decides where an item goes after an attempt that ended for `cause`. A failure of the script burns an attempt, and the
 * item waits before the next one. If the machine went away, the item can be claimed again immediately.
 */
export function afterFailure(
  item: Pick<Item, "failures" | "interruptions" | "losses" | "maxAttempts">,
  cause: Cause,
  policy: RetryPolicy,
  { now, random }: { now: () => number; random: () => number },
): NextState {
  const counters = {
    failures: item.failures + (isInterruption(cause) ? 0 : 1),
    interruptions: item.interruptions + (cause === "interrupted" ? 1 : 0),
    losses: item.losses + (cause === "lost" ? 1 : 0),
  };
  if (isUsedUp(counters, cause, item.maxAttempts ?? policy.maxAttempts, policy))
    return { state: "failed", ...counters };
  if (isInterruption(cause)) return { state: "todo", ...counters };
  const delayMs = backoffMs(counters.failures, policy, random);
  return { state: "todo", ...(delayMs > 0 && { readyAtMs: now() + delayMs }), ...counters };
}

function isUsedUp(counters: Omit<NextState, "state">, cause: Cause, maxAttempts: number, policy: RetryPolicy): boolean {
  switch (cause) {
    case "interrupted":
      return counters.interruptions > policy.maxInterruptions;
    case "lost":
      return counters.losses > policy.maxLosses;
    default:
      return counters.failures >= maxAttempts;
  }
}

/**
 * Full jitter: a random delay up to a capped limit that doubles each time, so that items that failed together do not
 * retry together.
 */
function backoffMs(failures: number, policy: RetryPolicy, random: () => number): number {
  const doublings = Math.min(failures - 1, 50);
  return Math.round(random() * Math.min(policy.backoffCapMs, policy.backoffBaseMs * 2 ** doublings));
}

import { setTimeout as sleep } from "node:timers/promises";
import { toError } from "../lib/errors.ts";
import type { Report } from "./events.ts";

const MINUTE = 60_000;

/**
 * Repeats a write of a result until the table answers. A network that is away for some minutes must not cost the
 * result of a run of days; whether it still counts is for the write's condition to say.
 */
export async function insist<T>(
  doing: string,
  write: () => Promise<T>,
  report: Report,
  { giveUpAfterMs = 15 * MINUTE, now = Date.now }: { giveUpAfterMs?: number; now?: () => number } = {},
): Promise<T> {
  const giveUpAtMs = now() + giveUpAfterMs;
  for (let tries = 0; ; tries++) {
    try {
      return await write();
    } catch (error) {
      report({ kind: "store:unreachable", doing, error: toError(error) });
      const waitMs = Math.min(30_000, 500 * 2 ** tries);
      if (now() + waitMs > giveUpAtMs) throw error;
      await sleep(waitMs);
    }
  }
}

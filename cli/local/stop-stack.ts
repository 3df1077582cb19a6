import { setTimeout as sleep } from "node:timers/promises";
import { AnamoError, systemCode, UsageError } from "../../lib/errors.ts";
import { type LockHolder, lockHolder } from "../../local/folder-lock.ts";

const LOOK_EVERY_MS = 100;

/**
 * Ends the `anamo local up` of a folder, which gives running items back, and waits for it; false if none is up. Throws
 * a UsageError if something else is using the folder.
 */
export async function stopStack(dir: string): Promise<boolean> {
  const holder = await lockHolder(dir);
  if (!holder) return false;
  if (holder.use === "run")
    throw new UsageError(`${dir} is in use by "anamo run": press Ctrl-C there, or type "kill ${holder.pid}"`);
  try {
    // a query soon ends by itself
    if (holder.use !== "query") process.kill(holder.pid, "SIGTERM");
  } catch (error) {
    if (systemCode(error) !== "ESRCH")
      throw new AnamoError("local", `process ${holder.pid} cannot be stopped (${systemCode(error)})`, { cause: error });
  }
  while (isSame(await lockHolder(dir), holder)) await sleep(LOOK_EVERY_MS);
  return true;
}

function isSame(now: LockHolder | undefined, before: LockHolder): boolean {
  return now?.pid === before.pid;
}

import { systemCode } from "../../lib/errors.ts";

/** Sends a signal to a whole process group; one that is gone already, or became another user's, is left alone. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== "ESRCH" && systemCode(error) !== "EPERM") throw error;
  }
}

import { systemCode } from "../../lib/errors.ts";

/** Signals a whole process group; ignores one that is gone or now belongs to another user. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== "ESRCH" && systemCode(error) !== "EPERM") throw error;
  }
}

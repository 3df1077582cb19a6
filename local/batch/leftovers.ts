import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../lib/errors.ts";

const LOOK_AGAIN_MS = 10;
/** Zombies, which only wait for their parent to look, and those on the way there. */
const DEAD: ReadonlySet<string> = new Set(["Z", "X"]);

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // gone in the meantime, or somebody else's
    return "";
  }
}

/** State letter and session of a process; the command's name before them may hold blanks and brackets. */
function statOf(pid: number): { state: string; session: number } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.length > 3 ? { state: fields[0] ?? "", session: Number(fields[3]) } : undefined;
}

/** Environment entries of a process (`NAME=value`), as it was started with. */
function environmentOf(pid: number): Set<string> {
  return new Set(
    Buffer.from(read(`/proc/${pid}/environ`), "latin1")
      .toString()
      .split("\0"),
  );
}

/** Who has all the marks in its environment, and all others of the sessions that such ones are in. */
function findProcesses(marks: readonly string[], sessions: Set<number>): number[] {
  const found: { pid: number; session: number; isMarked: boolean }[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!(pid > 0) || pid === process.pid) continue;
    const stat = statOf(pid);
    if (!stat || DEAD.has(stat.state)) continue;
    const environment = environmentOf(pid);
    const isMarked = marks.every((mark) => environment.has(mark));
    if (isMarked) sessions.add(stat.session);
    found.push({ pid, session: stat.session, isMarked });
  }
  // Whatever happens, not the terminal that we are in ourselves.
  sessions.delete(statOf(process.pid)?.session ?? 0);
  return found.filter(({ session, isMarked }) => isMarked || sessions.has(session)).map(({ pid }) => pid);
}

/** Whether there was something to kill, or may have been. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ESRCH") return true;
    // of another user: there is no end to wait for
    if (code === "EPERM") return false;
    throw error;
  }
}

/**
 * Kills every process whose environment has all `marks`, and every process of their sessions and of session `leader`;
 * resolves when none of them lives. Where there is no /proc, the process group of `leader` has to do.
 */
export async function killLeftovers(marks: readonly string[], leader?: number): Promise<void> {
  if (process.platform !== "linux") {
    if (leader !== undefined) kill(-leader);
    return;
  }
  const sessions = new Set(leader === undefined ? [] : [leader]);
  // Again until there is nothing: what is being killed may have started another process just before.
  for (;;) {
    const killed = findProcesses(marks, sessions).map(kill);
    if (!killed.includes(true)) return;
    await delay(LOOK_AGAIN_MS);
  }
}

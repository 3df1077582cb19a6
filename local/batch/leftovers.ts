import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../lib/errors.ts";

const LOOK_AGAIN_MS = 10;
/** States of processes that have ended: Z (zombie) and X (dead). */
const DEAD: ReadonlySet<string> = new Set(["Z", "X"]);

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // the process has ended, or belongs to another user
    return "";
  }
}

/** State letter and session of a process. The command name before them may contain spaces and brackets. */
function statOf(pid: number): { state: string; session: number } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.length > 3 ? { state: fields[0] ?? "", session: Number(fields[3]) } : undefined;
}

/** The environment entries (`NAME=value`) that a process was started with. */
function environmentOf(pid: number): Set<string> {
  return new Set(
    Buffer.from(read(`/proc/${pid}/environ`), "latin1")
      .toString()
      .split("\0"),
  );
}

/** Processes that have all marks in their environment, and all others in the same sessions. Adds to `sessions`. */
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
  // Never this process's own session, which is the user's terminal.
  sessions.delete(statOf(process.pid)?.session ?? 0);
  return found.filter(({ session, isMarked }) => isMarked || sessions.has(session)).map(({ pid }) => pid);
}

/** Sends SIGKILL; returns false if the process belongs to another user, so that nobody waits for it to end. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ESRCH") return true;
    if (code === "EPERM") return false;
    throw error;
  }
}

/**
 * Kills every process that has all `marks` in its environment, every other process in their sessions, and every process
 * in session `leader`. Resolves when all have ended. Without /proc it kills only the process group of `leader`.
 */
export async function killLeftovers(marks: readonly string[], leader?: number): Promise<void> {
  if (process.platform !== "linux") {
    if (leader !== undefined) kill(-leader);
    return;
  }
  const sessions = new Set(leader === undefined ? [] : [leader]);
  // Repeat until none is found: a process may have started another one just before it was killed.
  for (;;) {
    const killed = findProcesses(marks, sessions).map(kill);
    if (!killed.includes(true)) return;
    await delay(LOOK_AGAIN_MS);
  }
}

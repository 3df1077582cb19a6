import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../lib/errors.ts";

/** The variable that every process of a task inherits, with a value of its own for each task. */
export const TASK_MARK = "ANAMO_TASK";

/** How to recognize the processes of a task that has ended. */
export interface TaskTraces {
  /** the value of {@link TASK_MARK} */
  mark: string;
  /** its scratch folder and named pipes: what a process that has cleared its environment still uses */
  paths: readonly string[];
  /** its first process */
  firstPid: number;
}

const LOOK_AGAIN_MS = 5;
const MOST_LOOKS = 200;
/** From this many process ids on, listing all processes is cheaper than asking for each id. */
const MANY = 128;

let loadavg: number | undefined;
const buffer = Buffer.allocUnsafe(128);

/**
 * Kills what a task has left behind outside its process group: what it started with setsid, a double fork or nohup.
 * Returns the commands of what it killed. Needs Linux's /proc; elsewhere it finds nothing.
 *
 * Linux gives out process ids in ascending order, so only ids between the task's first and the newest are looked at:
 * for a short task that is a handful.
 */
export async function killLeftovers(traces: TaskTraces): Promise<string[]> {
  const commands = new Map<number, string>();
  let pids = newerThan(traces.firstPid);
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const found = pids.filter((pid) => isOf(pid, traces));
    if (found.length === 0) break;
    for (const pid of found) {
      if (!commands.has(pid)) commands.set(pid, commandOf(pid));
      kill(pid);
    }
    await delay(LOOK_AGAIN_MS);
    // one of them may have started another just before it was killed
    pids = newerThan(traces.firstPid);
  }
  return [...commands.values()];
}

function newerThan(first: number): number[] {
  const last = newestPid();
  if (last === undefined) return [];
  // the ids have started over from 1 if the newest is lower
  if (last < first || last - first > MANY) return allPids();
  const pids: number[] = [];
  for (let pid = first + 1; pid <= last; pid++) if (existsSync(`/proc/${pid}`)) pids.push(pid);
  return pids;
}

/** The last number of /proc/loadavg is the id given out most recently in this namespace. */
function newestPid(): number | undefined {
  try {
    loadavg ??= openSync("/proc/loadavg", "r");
    const text = buffer.toString("latin1", 0, readSync(loadavg, buffer, 0, buffer.length, 0));
    return Number(text.slice(text.lastIndexOf(" "))) || undefined;
  } catch {
    if (loadavg !== undefined) closeSync(loadavg);
    loadavg = undefined;
    return undefined;
  }
}

function allPids(): number[] {
  try {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function isOf(pid: number, { mark, paths }: TaskTraces): boolean {
  if (pid === process.pid) return false;
  if (`\0${read(`/proc/${pid}/environ`)}`.includes(`\0${TASK_MARK}=${mark}\0`)) return true;
  // a person may look around in the scratch folder; tasks have no terminal
  const places = /^\/dev\/(pts|tty)/.test(link(`/proc/${pid}/fd/0`)) ? ["fd/1", "fd/2"] : ["cwd", "fd/1", "fd/2"];
  return places.some((name) => {
    const target = link(`/proc/${pid}/${name}`);
    return paths.some((path) => target === path || target.startsWith(`${path}/`));
  });
}

function commandOf(pid: number): string {
  const args = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  return args.slice(0, 100);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (systemCode(error) !== "ESRCH" && systemCode(error) !== "EPERM") throw error;
  }
}

// A process may end between two reads, or belong to another user.
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

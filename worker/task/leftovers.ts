import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../lib/errors.ts";
import { allPids, exists, newestPid, newOrphans, readProc, readProcLink, withDescendants } from "./processes.ts";

/** The variable that every process of a task inherits, with a different value for each task. */
export const TASK_MARK = "ANAMO_TASK";

/** A task that has ended, and how to recognize its processes. */
export interface EndedTask {
  /** its own part of the value of {@link TASK_MARK}: a task of a worker that itself runs in a task has both marks */
  mark: string;
  /** its scratch folder and named pipes, which even a process that has cleared its environment still uses */
  paths: readonly string[];
  /** the limit that its processes have inherited, see {@link limitText} */
  limit: string;
  /** its first process, which was the leader of its process group */
  firstPid: number;
  /** processes in its group got SIGKILL a moment ago, and may still exist */
  leftGroup: boolean;
  /** the first processes of tasks that are running */
  running: ReadonlySet<number>;
}

/**
 * The line of a task file that marks all processes of a task with a limit of their own. The limit is that of file
 * locks, which Linux has ignored since 2.4 but still inherits and shows (getrlimit(2), RLIMIT_LOCKS). It remains when a
 * daemon clears its environment, changes its folder and closes its output.
 */
export function limitText(limit: string): string {
  return process.platform === "linux" ? `ulimit -S -x ${limit} 2>/dev/null\n` : "";
}

const LOOK_AGAIN_MS = 5;
const MOST_LOOKS = 200;
/** Up to this many new process ids, checking each is cheaper than finding out which were orphaned. */
const FEW = 16;

/**
 * Kills what a task left behind outside its process group, started with setsid, a double fork or nohup. Returns the
 * commands of what it killed. Needs Linux's /proc; elsewhere it finds nothing.
 */
export async function killLeftovers(task: EndedTask): Promise<string[]> {
  const commands = new Map<number, string>();
  const ofOthers = new Set<number>();
  const isOurs = (pid: number) => !ofOthers.has(pid) && isOf(pid, task);
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const roots = candidates(task).filter(isOurs);
    if (roots.length === 0) break;
    const found = withDescendants(roots).filter((pid) => roots.includes(pid) || isOurs(pid));
    for (const pid of found) {
      const command = groupOf(pid) === task.firstPid ? "" : commandOf(pid);
      if (!kill(pid)) ofOthers.add(pid);
      else if (command !== "" && !commands.has(pid)) commands.set(pid, command);
    }
    // one of them may have started another just before it was killed
    await delay(LOOK_AGAIN_MS);
  }
  return [...commands.values()];
}

/** The commands of the processes in a group; none without Linux's /proc. A process that has just ended has none. */
export function commandsInGroup(group: number): string[] {
  return allPids()
    .filter((pid) => groupOf(pid) === group)
    .map(commandOf)
    .filter((command) => command !== "");
}

/**
 * The processes to check, because each check costs 30 µs. Linux assigns process ids in ascending order: after a short
 * task, few ids are above its first. Otherwise it is enough to check orphans, because a process that outlives its
 * parent gets another parent at that moment; but not while a killed parent may still exist.
 */
function candidates({ firstPid, leftGroup, running }: EndedTask): number[] {
  const newest = newestPid();
  if (newest === undefined || newest === firstPid) return [];
  // the ids have started over from 1 if the newest is lower
  const isNew = newest < firstPid ? () => true : (pid: number) => pid > firstPid;
  if (newest > firstPid && newest - firstPid <= FEW) {
    const pids: number[] = [];
    for (let pid = firstPid + 1; pid <= newest; pid++) if (!running.has(pid) && exists(pid)) pids.push(pid);
    return pids;
  }
  const orphans = leftGroup ? undefined : newOrphans(isNew);
  return (orphans ?? allPids().filter(isNew)).filter((pid) => !running.has(pid));
}

function isOf(pid: number, { mark, paths, limit }: EndedTask): boolean {
  if (pid === process.pid) return false;
  if (isMarked(readProc(pid, "environ"), mark)) return true;
  // a person may be looking around in the scratch folder; tasks have no terminal
  const places = /^\/dev\/(pts|tty)/.test(readProcLink(pid, "fd/0")) ? ["fd/1", "fd/2"] : ["cwd", "fd/1", "fd/2"];
  const isInPlace = places.some((name) => {
    const target = readProcLink(pid, name);
    return paths.some((path) => target === path || target.startsWith(`${path}/`));
  });
  return isInPlace || readProc(pid, "limits").includes(` ${limit} `);
}

function isMarked(environ: string, mark: string): boolean {
  const start = `${TASK_MARK}=`;
  const value = environ.split("\0").find((variable) => variable.startsWith(start));
  return value?.slice(start.length).split("/").includes(mark) ?? false;
}

function commandOf(pid: number): string {
  const args = readProc(pid, "cmdline").replaceAll("\0", " ").trim();
  return args.slice(0, 100);
}

function groupOf(pid: number): number {
  const stat = readProc(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3)[2]);
}

/** False if the process belongs to another user. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (systemCode(error) === "EPERM") return false;
    if (systemCode(error) !== "ESRCH") throw error;
  }
  return true;
}

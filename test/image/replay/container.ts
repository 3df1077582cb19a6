import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "../../../lib/aws-config.ts";
import { envInside, firstProcessOf, inRoot } from "./in-root.ts";
import type { Replayed } from "./replay.ts";

/** Starts the ENTRYPOINT of a replayed image, as its user, with the variables that a job has. */
export function startContainer(image: Replayed, jobEnv: Env) {
  const [file = "", ...args] = inRoot(image.root, image.entrypoint, image);
  const child = spawn(file, args, {
    env: { ...envInside(image), HOSTNAME: "container", ...jobEnv },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  let first: number | undefined;
  let isOver = false;
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve)).finally(() => {
    isOver = true;
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && !isOver) first ??= firstProcessOf(child.pid);
    if (first !== undefined && !isOver) process.kill(first, signal);
  };
  return {
    ended,
    said: () => printed,
    /** sends a signal to its first process, as `docker stop` and Batch do */
    kill,
    /** the names of its processes */
    processes: () => processesIn(image.root),
  };
}

/** The names of all processes on this machine that have this root folder. */
function processesIn(root: string): string[] {
  const names: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(join("/proc", pid, "root")) === root)
        names.push(readFileSync(`/proc/${pid}/comm`, "utf8").trim());
    } catch {
      // the process has ended in the meantime
    }
  }
  return names;
}

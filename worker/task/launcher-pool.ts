import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../lib/clients.ts";
import { type LaunchEnd, Launcher } from "./launcher.ts";
import { killLeftovers, TASK_MARK } from "./leftovers.ts";
import { OrphanGuard } from "./orphan-guard.ts";
import type { RunFolder } from "./run-folder.ts";
import { splitEnv } from "./task-file.ts";

/** A task file's text, and the folder of its task. */
export interface PoolLaunch {
  text: string;
  logs: RunFolder;
}

/** How a script ended. */
export type PooledEnd = LaunchEnd & {
  /** commands that it left running, now killed */
  leftovers?: string[];
};

/** A helper for each script that runs at once, and the guard that ends them if the worker is killed. */
export class LauncherPool {
  /** variables that tasks see but helpers must not */
  readonly taskEnv: Readonly<Record<string, string>>;
  readonly #helperEnv: Record<string, string>;
  readonly #all = new Set<Launcher>();
  readonly #idle: Launcher[] = [];
  #dir?: string;
  #guard?: OrphanGuard;
  #started = 0;
  readonly #id = randomUUID();
  #launched = 0;

  constructor(env: Env) {
    const { helper, task } = splitEnv(env);
    this.#helperEnv = helper;
    this.taskEnv = task;
  }

  /** Runs a task on an idle helper, or on a new one. */
  async launch(spec: PoolLaunch, onStart: (pid: number) => void): Promise<PooledEnd> {
    const launcher = this.#take();
    const mark = `${this.#id}.${++this.#launched}`;
    let firstPid: number | undefined;
    try {
      const text = `export ${TASK_MARK}=${mark}\n${spec.text}`;
      const end = await launcher.launch({ text, logs: spec.logs }, (pid) => {
        firstPid = pid;
        onStart(pid);
      });
      if (firstPid === undefined) return end;
      // before the helper's next task, into whose log they would print
      const leftovers = await killLeftovers({ mark, paths: [spec.logs.scratch, ...launcher.pipes], firstPid });
      return leftovers.length > 0 ? { ...end, leftovers } : end;
    } finally {
      if (launcher.alive) this.#idle.push(launcher);
    }
  }

  /** Ends all helpers and the guard. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#all, (launcher) => launcher.close()));
    await this.#guard?.close();
    if (this.#dir) await rm(this.#dir, { recursive: true, force: true });
  }

  #take(): Launcher {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.alive) return idle;
    }
    this.#dir ??= mkdtempSync(join(tmpdir(), "anamo-tasks-"));
    const launcher = new Launcher(join(this.#dir, `slot-${++this.#started}`), this.#helperEnv);
    this.#all.add(launcher);
    void launcher.closed.then(() => this.#all.delete(launcher));
    this.#guard ??= new OrphanGuard({ taskFiles: this.#dir, mark: this.#id }, this.#helperEnv);
    if (launcher.pid !== undefined) this.#guard.watch(launcher.pid);
    return launcher;
  }
}

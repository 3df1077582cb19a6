import { randomInt, randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../lib/aws-config.ts";
import { type LaunchEnd, Launcher, type OutputEnd } from "./launcher.ts";
import { killLeftovers, limitText, TASK_MARK } from "./leftovers.ts";
import { OrphanGuard } from "./orphan-guard.ts";
import type { RunFolder } from "./run-folder.ts";
import { shellQuote, splitEnv } from "./task-file.ts";

/** The text of a task file, and the folder of its task. */
export interface PoolLaunch {
  text: string;
  logs: RunFolder;
}

/** How a script ended. */
export interface PooledEnd {
  end: LaunchEnd;
  /** commands that it left running outside its process group, which have been killed */
  leftovers: readonly string[];
  /** commands that it left running in its process group, which have been killed */
  inGroup: readonly string[];
  output: OutputEnd;
}

/** A helper for each script that runs at once, and the guard that ends the helpers if the worker is killed. */
export class LauncherPool {
  /** variables that tasks may see but helpers must not */
  readonly taskEnv: Readonly<Record<string, string>>;
  readonly #helperEnv: Record<string, string>;
  readonly #all = new Set<Launcher>();
  readonly #idle: Launcher[] = [];
  #dir?: string;
  #guard?: OrphanGuard;
  #started = 0;
  readonly #id = randomUUID();
  /** the first digits of the limits that mark tasks */
  readonly #limits = randomInt(1e8, 1e9);
  #launched = 0;
  /** the first processes of running tasks */
  readonly #running = new Set<number>();
  /** if this worker runs in a task of another worker: that task's mark, with a separator */
  readonly #outerMark: string;

  constructor(env: Env) {
    const { helper, task } = splitEnv(env);
    this.#helperEnv = helper;
    this.taskEnv = task;
    this.#outerMark = env[TASK_MARK] ? `${env[TASK_MARK]}/` : "";
  }

  /** Runs a task on an idle helper, or on a new one. */
  async launch(spec: PoolLaunch, onStart: (pid: number) => void): Promise<PooledEnd> {
    const launcher = this.#take();
    const mark = `${this.#id}.${++this.#launched}`;
    const limit = `${this.#limits}${String(this.#launched % 1e9).padStart(9, "0")}`;
    const running = this.#running;
    let firstPid: number | undefined;
    try {
      const text = `export ${TASK_MARK}=${shellQuote(this.#outerMark + mark)}\n${limitText(limit)}${spec.text}`;
      const { end, leftGroup, inGroup, mayHoldMore } = await launcher.launch({ text, logs: spec.logs }, (pid) => {
        firstPid = pid;
        running.add(pid);
        onStart(pid);
      });
      // Both before the helper's next task, because leftovers would print into its log.
      const paths = [spec.logs.scratch, ...launcher.pipes];
      const leftovers =
        firstPid === undefined ? [] : await killLeftovers({ mark, paths, limit, firstPid, leftGroup, running });
      const output = launcher.endOutput({ mayHoldMore: mayHoldMore || leftovers.length > 0 });
      return { end, leftovers, inGroup, output };
    } finally {
      if (firstPid !== undefined) running.delete(firstPid);
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
    this.#guard ??= new OrphanGuard({ taskFiles: this.#dir, mark: this.#id, limits: this.#limits }, this.#helperEnv);
    if (launcher.pid !== undefined) this.#guard.watch(launcher.pid);
    return launcher;
  }
}

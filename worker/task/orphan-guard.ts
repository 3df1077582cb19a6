import { type ChildProcess, spawn } from "node:child_process";
import { GUARD_SCRIPT } from "./launcher-script.ts";

/** The folder of task files, and how to recognize processes of tasks: by their environment, and by their limits. */
interface GuardedTasks {
  taskFiles: string;
  mark: string;
  limits: number;
}

/** A small process that ends the helpers, and so their tasks, if the worker is killed and cannot do it. */
export class OrphanGuard {
  readonly #guard: ChildProcess;
  readonly #closed: Promise<void>;

  constructor({ taskFiles, mark, limits }: GuardedTasks, env: Record<string, string>) {
    const args = ["anamo-guard", taskFiles, mark, String(limits)];
    this.#guard = spawn("bash", ["--norc", "--noprofile", "-c", GUARD_SCRIPT, ...args], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      env,
    });
    // A failed guard matters only if the worker is killed.
    this.#guard.stdin?.on("error", () => {});
    this.#closed = new Promise((resolve) => {
      this.#guard.once("error", () => resolve());
      this.#guard.once("close", () => resolve());
    });
  }

  /** Adds a helper that has to be ended. */
  watch(pid: number): void {
    this.#guard.stdin?.write(`${pid}\n`);
  }

  /** Ends the guard without killing anything. */
  async close(): Promise<void> {
    this.#guard.stdin?.end("bye\n");
    await this.#closed;
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { GUARD_SCRIPT } from "./launcher-script.ts";

/** A small process that ends the helpers, and with them their tasks, when the worker is killed and cannot do so. */
export class OrphanGuard {
  readonly #guard: ChildProcess;
  readonly #closed: Promise<void>;

  constructor(taskFiles: string, env: Record<string, string>) {
    this.#guard = spawn("bash", ["--norc", "--noprofile", "-c", GUARD_SCRIPT, "anamo-guard", taskFiles], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      env,
    });
    // Without a guard all goes on as with one, unless the worker is killed.
    this.#guard.stdin?.on("error", () => {});
    this.#closed = new Promise((resolve) => {
      this.#guard.once("error", () => resolve());
      this.#guard.once("close", () => resolve());
    });
  }

  /** Looks after one more helper. */
  watch(pid: number): void {
    this.#guard.stdin?.write(`${pid}\n`);
  }

  /** Lets the guard go without a deed. */
  async close(): Promise<void> {
    this.#guard.stdin?.end("bye\n");
    await this.#closed;
  }
}

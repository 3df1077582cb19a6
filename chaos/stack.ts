import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toError } from "../lib/errors.ts";
import type { FunctionName } from "../local/functions.ts";
import type { FromStack, StackProcessOptions, ToStack } from "./stack-process.ts";

const PROCESS = fileURLToPath(new URL("stack-process.ts", import.meta.url));

export interface ChaosStackOptions extends Omit<StackProcessOptions, "preload"> {
  /** marks the process and everything it starts */
  mark: Readonly<Record<string, string>>;
  call: (name: FunctionName, event: unknown) => Promise<unknown>;
  onJob: (jobId: string, status: string) => void;
}

/** The embedded stack in a separate process, which can be killed and started again. */
export class ChaosStack {
  readonly #options: ChaosStackOptions;
  #child: ChildProcess | undefined;
  #up = Promise.withResolvers<Record<string, string>>();
  /** when it or its database was killed, by `performance.now()` */
  readonly killedAtMs: number[] = [];
  /** its variables; the endpoints change with each start, and refuse connections while it is down */
  env: Record<string, string> = {};

  constructor(options: ChaosStackOptions) {
    this.#options = options;
  }

  /** Starts it, or restarts it on the same folder; resolves when it serves requests. */
  async start(): Promise<void> {
    const { mark, call, onJob, ...rest } = this.#options;
    const preload = fileURLToPath(new URL("preload.ts", import.meta.url));
    const options: StackProcessOptions = { ...rest, preload };
    const log = openSync(join(rest.dir, "..", "stack.log"), "a");
    const child = fork(PROCESS, [JSON.stringify(options)], {
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      execArgv: [],
      env: { ...process.env, ...mark },
    });
    closeSync(log);
    this.#child = child;
    const ended = once(child, "exit").then(() => {
      throw new Error(`the stack did not start: see ${join(rest.dir, "..", "stack.log")}`);
    });
    const serving = new Promise<void>((resolve) => {
      child.on("message", (received: FromStack) => {
        if (received.kind === "job") onJob(received.jobId, received.status);
        if (received.kind === "call") void this.#answer(child, received, call);
        if (received.kind === "env") this.env = received.env;
        if (received.kind === "up") resolve();
      });
    });
    ended.catch(() => {});
    await Promise.race([serving, ended]);
    this.#up.resolve(this.env);
  }

  /** Resolves as soon as it serves requests. */
  up(): Promise<Record<string, string>> {
    return this.#up.promise;
  }

  /** Kills the database or the rest of the stack, and resolves when it has ended. */
  async kill(what: "database" | "stack"): Promise<boolean> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
    this.killedAtMs.push(performance.now());
    if (what === "database") return killDatabase(child.pid);
    this.#up = Promise.withResolvers();
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    return true;
  }

  async #answer(
    child: ChildProcess,
    { id, name, event }: Extract<FromStack, { kind: "call" }>,
    call: ChaosStackOptions["call"],
  ): Promise<void> {
    const answer: ToStack = await call(name, event).then(
      (result) => ({ kind: "answer", id, result }),
      (error) => ({ kind: "answer", id, error: toError(error).message }),
    );
    if (child.connected) child.send(answer, () => {});
  }
}

/** Kills the database process of a stack; false if there is none. */
async function killDatabase(stackPid: number): Promise<boolean> {
  for (const pid of await childrenOf(stackPid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    if (!/dyn(alite|oxide)-process/.test(command)) continue;
    process.kill(pid, "SIGKILL");
    return true;
  }
  return false;
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    }),
  );
  return pids.filter((_, index) => parents[index] === parent);
}

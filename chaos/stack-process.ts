import { workerCommand } from "../cli/worker-command.ts";
import type { Env } from "../lib/aws-config.ts";
import { toError } from "../lib/errors.ts";
import type { FunctionName, Handlers } from "../local/functions.ts";
import { startStack } from "../local/stack.ts";

/*
 * The embedded stack of a chaos run, in a separate process so that it can be killed. Its functions run elsewhere: it
 * passes every event to its parent and waits for the answer.
 */

/** What the process is started with, as JSON in its first argument. */
export interface StackProcessOptions {
  dir: string;
  table: string;
  bucket: string;
  maxRunning: number;
  preload: string;
  sweepMs: number;
}

export type FromStack =
  | { kind: "env"; env: Record<string, string> }
  | { kind: "up" }
  | { kind: "call"; id: number; name: FunctionName; event: unknown }
  | { kind: "job"; jobId: string; status: string };

export type ToStack = { kind: "answer"; id: number; result?: unknown; error?: string };

const options = JSON.parse(process.argv[2] ?? "{}") as StackProcessOptions;
const waiting = new Map<number, PromiseWithResolvers<unknown>>();
let calls = 0;

process.on("message", ({ id, result, error }: ToStack) => {
  const call = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) call?.resolve(result);
  else call?.reject(new Error(error));
});
process.on("disconnect", () => process.exit());

const tell = (message: FromStack): void => void process.send?.(message);

const handOver = (name: FunctionName) => (event: unknown) => {
  const call = Promise.withResolvers<unknown>();
  const id = calls++;
  waiting.set(id, call);
  tell({ kind: "call", id, name, event });
  return call.promise;
};

/** The first sweep is part of the start, so the functions need the endpoints before the stack is up. */
const handlers = (env: Env): Handlers => {
  tell({ kind: "env", env: env as Record<string, string> });
  return {
    import: handOver("import"),
    reconcile: handOver("reconcile"),
    sweep: handOver("sweep"),
    summarize: handOver("summarize"),
  };
};

const [node = process.execPath, ...worker] = workerCommand();
const { dir, table, bucket, maxRunning, preload, sweepMs } = options;
try {
  await startStack({
    dir,
    table,
    bucket,
    maxRunning,
    handlers,
    workerCommand: [node, "--import", preload, ...worker],
    schedule: { sweepMs, summarizeMs: 5 * sweepMs },
    onStateChange: ({ detail }) => tell({ kind: "job", jobId: detail.jobId ?? "", status: detail.status ?? "" }),
  });
  tell({ kind: "up" });
} catch (error) {
  process.stderr.write(`the stack did not start: ${toError(error).stack}\n`);
  process.exit(1);
}

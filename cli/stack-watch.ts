import { relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NotFoundError } from "../lib/errors.ts";
import { lockHolder } from "../local/folder-lock.ts";
import { readStackFile } from "../local/stack-file.ts";
import { Workflow } from "../workflow/workflow.ts";
import { openStack } from "./adopt-stack.ts";

/** How often to check whether the stack is still up. */
const LOOK_EVERY_MS = 500;

/** What a command watches, and until when. */
export interface Watched {
  workflow: Workflow;
  signal: AbortSignal;
  /** set for the last look, at a stack on which nothing runs any more: the reason */
  ended?: string;
}

/**
 * Calls `watch` for the stack that is up in a folder. When that ends, which takes its database away, calls it again for
 * the state that it left, or for the run that has begun in its place.
 */
export async function watchStack(
  dir: string,
  { workflow, signal }: Watched,
  watch: (watched: Watched) => Promise<void>,
): Promise<void> {
  let current = workflow;
  let stack: Awaited<ReturnType<typeof openStack>>;
  try {
    while (true) {
      const why = await whyEnded(dir);
      if (await watchWhileUp(dir, { workflow: current, signal }, watch)) return;
      if (current !== workflow) current.close();
      await stack?.close();
      stack = await openStack(dir, (line) => void process.stderr.write(`${line}\n`));
      if (!stack) throw new NotFoundError(`${why}, and its table is gone from ${shown(dir)}`);
      current = new Workflow({ table: workflow.table, env: stack.env });
      // another run may have begun
      if (await readStackFile(dir)) continue;
      await watch({ workflow: current, signal, ended: why });
      return;
    }
  } finally {
    if (current !== workflow) current.close();
    await stack?.close();
  }
}

/** Watches until the stack ends; true if the watch ended before it. */
async function watchWhileUp(
  dir: string,
  { workflow, signal }: Watched,
  watch: (watched: Watched) => Promise<void>,
): Promise<boolean> {
  const pid = (await readStackFile(dir))?.pid;
  const isUp = async () => pid !== undefined && (await readStackFile(dir))?.pid === pid;
  const over = new AbortController();
  const idle = new AbortController();
  const guard = (async () => {
    while (!idle.signal.aborted && (await isUp())) await sleep(LOOK_EVERY_MS, undefined, { signal: idle.signal });
    over.abort();
  })().catch(() => {});
  try {
    await watch({ workflow, signal: AbortSignal.any([signal, over.signal]) });
    return !over.signal.aborted || signal.aborted;
  } catch (error) {
    if (await isUp()) throw error;
    return signal.aborted;
  } finally {
    idle.abort();
    await guard;
  }
}

async function whyEnded(dir: string): Promise<string> {
  const holder = await lockHolder(dir);
  return holder?.use === "up" ? `the stack in ${shown(dir)} was stopped` : "the run has ended";
}

function shown(dir: string): string {
  const fromHere = relative(process.cwd(), dir);
  return fromHere.startsWith("..") ? dir : fromHere;
}

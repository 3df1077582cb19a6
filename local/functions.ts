import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "aws-lambda";
import { toError } from "../lib/errors.ts";
import { Semaphore } from "../lib/flow/semaphore.ts";
import type { JobStateChange } from "./batch/types.ts";
import { functionContext } from "./functions/context.ts";
import type { PendingEvents } from "./functions/pending-events.ts";
import type { S3Notification } from "./s3-event.ts";

/** The Lambda functions that run in this process. */
export type FunctionName = "import" | "reconcile" | "sweep" | "summarize";
/** A Lambda handler. */
export type Handler = (event: never, context: Context) => Promise<unknown>;
export type Handlers = Readonly<Record<FunctionName, Handler>>;

/** How one call of a function ended: `retry` means that it will be tried again, `failed` is final. */
export interface FunctionReport {
  name: FunctionName;
  event: unknown;
  outcome: "ok" | "retry" | "failed";
  /** from 1 */
  attempt: number;
  result?: unknown;
  error?: Error;
  durationMs: number;
}

/** How often the scheduled functions run; one without an interval never runs. */
export interface Schedule {
  sweepMs?: number;
  summarizeMs?: number;
}

export interface FunctionsOptions {
  handlers: Handlers;
  onFunction?: (report: FunctionReport) => void;
  schedule?: Schedule;
  /** how long to wait before each retry; Lambda waits 1 minute, then 2 */
  retryDelaysMs?: readonly number[];
  /** stores the events of the import function until it has handled them */
  pending?: PendingEvents;
}

/** The running functions, and what triggers them. */
export interface LocalFunctions {
  /** S3 notification: calls the import function for objects created under `imports/` and `continuations/` */
  onS3Event(event: S3Notification): void;
  /** state change of a job: calls the reconcile function if an attempt has ended */
  onStateChange(event: JobStateChange): void;
  /** calls a function as `sls invoke` does: once; resolves with its result or rejects with its error */
  invoke(name: FunctionName, event?: unknown): Promise<unknown>;
  /** handles the events that an earlier stack stored but did not finish */
  resume(): Promise<void>;
  /** resolves when no function is running or waiting */
  settled(): Promise<void>;
  /** handles no more events; resolves when running functions have ended */
  close(): Promise<void>;
}

// How many calls of a function may run at once. Sweep and summary scan the whole table; a second call would repeat it.
const AT_ONCE = { import: 2, reconcile: 8, sweep: 1, summarize: 1 } as const;
const RETRY_DELAYS_MS = [250, 1_000];
const IMPORT_PREFIX = /^(imports|continuations)\//;

/** Starts the functions. They run in this process; an event that fails is retried twice, as on Lambda. */
export function startFunctions(options: FunctionsOptions): LocalFunctions {
  const { handlers, onFunction = () => {}, schedule = {}, retryDelaysMs = RETRY_DELAYS_MS, pending } = options;
  const closing = new AbortController();
  const limits: Readonly<Record<FunctionName, Semaphore>> = {
    import: new Semaphore(AT_ONCE.import),
    reconcile: new Semaphore(AT_ONCE.reconcile),
    sweep: new Semaphore(AT_ONCE.sweep),
    summarize: new Semaphore(AT_ONCE.summarize),
  };

  async function runOnce(name: FunctionName, event: unknown): Promise<unknown> {
    // A copy, as on Lambda, so that a handler that changes its event does not affect others.
    return handlers[name](structuredClone(event) as never, functionContext(name, closing.signal));
  }

  /** Whether the event was handled, even if the last try failed; false if closing interrupted it. */
  async function runWithRetries(name: FunctionName, event: unknown): Promise<boolean> {
    for (let attempt = 1; !closing.signal.aborted; attempt++) {
      const startedAt = performance.now();
      const report = (rest: Pick<FunctionReport, "outcome" | "result" | "error">) =>
        onFunction({ name, event, attempt, durationMs: performance.now() - startedAt, ...rest });
      try {
        report({ outcome: "ok", result: await runOnce(name, event) });
        return true;
      } catch (thrown) {
        const delayMs = retryDelaysMs[attempt - 1];
        report({ outcome: delayMs === undefined ? "failed" : "retry", error: toError(thrown) });
        if (delayMs === undefined) return true;
        await delay(delayMs, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
    return false;
  }

  async function runImport(event: unknown, id: string | undefined): Promise<void> {
    const isDone = await limits.import.run(() => runWithRetries("import", event));
    if (isDone && id) await pending?.forget(id);
  }

  // The interval starts when a call has ended, so that calls do not pile up on a slow machine.
  async function every(name: FunctionName, everyMs: number | undefined): Promise<void> {
    if (everyMs === undefined) return;
    const { signal } = closing;
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await limits[name].run(() => runWithRetries(name, scheduledEvent()));
    }
  }
  void every("sweep", schedule.sweepMs);
  void every("summarize", schedule.summarizeMs);

  const settled = async (): Promise<void> => {
    // A function may trigger another one.
    while (Object.values(limits).some((limit) => limit.running > 0)) {
      for (const limit of Object.values(limits)) await limit.whenIdle();
    }
  };
  return {
    onS3Event(event) {
      if (!event.Records.some(isForImport)) return;
      // Stored even while closing: it may be the continuation of an import that is being interrupted.
      const id = pending?.keep(event);
      void runImport(event, id);
    },
    onStateChange(event) {
      const { status, attempts = [] } = event.detail;
      const hasEnded = status === "SUCCEEDED" || status === "FAILED";
      if (hasEnded || (status === "RUNNABLE" && attempts.length > 0)) {
        void limits.reconcile.run(() => runWithRetries("reconcile", event));
      }
    },
    invoke: (name, event = scheduledEvent()) => limits[name].run(() => runOnce(name, event)),
    async resume() {
      for (const { id, event } of (await pending?.list()) ?? []) void runImport(event, id);
    },
    settled,
    close() {
      closing.abort();
      return settled();
    },
  };
}

function isForImport({ eventName, s3 }: S3Notification["Records"][number]): boolean {
  return eventName.startsWith("ObjectCreated:") && IMPORT_PREFIX.test(s3.object.key);
}

/** The event that EventBridge sends on a schedule. */
function scheduledEvent() {
  return {
    version: "0",
    id: crypto.randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: "123456789012",
    time: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    region: "us-east-1",
    resources: ["arn:aws:events:us-east-1:123456789012:rule/anamo-local"],
    detail: {},
  };
}

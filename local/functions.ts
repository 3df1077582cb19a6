import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "aws-lambda";
import { toError } from "../lib/errors.ts";
import type { JobStateChange } from "./batch/types.ts";
import { functionContext } from "./function-context.ts";
import { Lane } from "./lane.ts";
import type { PendingEvents } from "./pending-events.ts";
import type { S3Notification } from "./s3-event.ts";

/** The Lambda functions that run here. */
export type FunctionName = "import" | "reconcile" | "sweep" | "summarize";
/** A Lambda handler. */
export type Handler = (event: never, context: Context) => Promise<unknown>;
export type Handlers = Readonly<Record<FunctionName, Handler>>;

/** What came of a function: `retry` is followed by another try, `failed` is the end. */
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

/** How often functions of the schedule run; those that are absent never do. */
export interface Schedule {
  sweepMs?: number;
  summarizeMs?: number;
}

export interface FunctionsOptions {
  handlers: Handlers;
  onFunction?: (report: FunctionReport) => void;
  schedule?: Schedule;
  /** Lambda waits a minute, then two */
  retryDelaysMs?: readonly number[];
  /** keeps the events of the import function until it has dealt with them */
  pending?: PendingEvents;
}

/** The functions, wired to what triggers them. */
export interface LocalFunctions {
  /** an S3 notification: the import function, for what was made under `imports/` and `continuations/` */
  onS3Event(event: S3Notification): void;
  /** a state change of a job: the reconcile function, where an attempt has ended */
  onStateChange(event: JobStateChange): void;
  /** runs a function as `sls invoke` does: once, with its result or its error */
  invoke(name: FunctionName, event?: unknown): Promise<unknown>;
  /** takes up the events that an earlier stack was given and did not deal with */
  resume(): Promise<void>;
  /** resolves when nothing runs or waits */
  settled(): Promise<void>;
  /** takes no more events, and resolves when what was taken is done */
  close(): Promise<void>;
}

// How many at once. Sweep and summary look at everything: two at a time would only do the same twice.
const AT_ONCE = { import: 2, reconcile: 8, sweep: 1, summarize: 1 } as const;
const RETRY_DELAYS_MS = [250, 1_000];
const IMPORT_PREFIX = /^(imports|continuations)\//;

/** Starts the functions: they run in this process, retried twice as Lambda does with events. */
export function startFunctions(options: FunctionsOptions): LocalFunctions {
  const { handlers, onFunction = () => {}, schedule = {}, retryDelaysMs = RETRY_DELAYS_MS, pending } = options;
  const closing = new AbortController();
  const lanes: Readonly<Record<FunctionName, Lane>> = {
    import: new Lane(AT_ONCE.import),
    reconcile: new Lane(AT_ONCE.reconcile),
    sweep: new Lane(AT_ONCE.sweep),
    summarize: new Lane(AT_ONCE.summarize),
  };

  async function runOnce(name: FunctionName, event: unknown): Promise<unknown> {
    // As over the wire: no handler keeps, or changes, what others hold too.
    return handlers[name](structuredClone(event) as never, functionContext(name, closing.signal));
  }

  /** Whether the event has been dealt with, be it that the last try has failed; not so when closing came between. */
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
    const isDone = await lanes.import.run(() => runWithRetries("import", event));
    if (isDone && id) await pending?.forget(id);
  }

  // The next one is due when this one is over: a slow machine does not pile them up.
  async function every(name: FunctionName, everyMs: number | undefined): Promise<void> {
    if (everyMs === undefined) return;
    const { signal } = closing;
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await lanes[name].run(() => runWithRetries(name, scheduledEvent()));
    }
  }
  void every("sweep", schedule.sweepMs);
  void every("summarize", schedule.summarizeMs);

  const settled = async (): Promise<void> => {
    // One lane's work may give another one some.
    while (Object.values(lanes).some((lane) => lane.isBusy)) {
      for (const lane of Object.values(lanes)) await lane.idle();
    }
  };
  return {
    onS3Event(event) {
      if (!event.Records.some(isForImport)) return;
      // Kept even when closing: it may be an import that puts itself aside.
      const id = pending?.keep(event);
      void runImport(event, id);
    },
    onStateChange(event) {
      const { status, attempts = [] } = event.detail;
      const hasEnded = status === "SUCCEEDED" || status === "FAILED";
      if (hasEnded || (status === "RUNNABLE" && attempts.length > 0)) {
        void lanes.reconcile.run(() => runWithRetries("reconcile", event));
      }
    },
    invoke: (name, event = scheduledEvent()) => lanes[name].run(() => runOnce(name, event)),
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

/** What EventBridge sends on a schedule. */
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

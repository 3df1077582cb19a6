import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Logger, type LogItem } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import type { ConstructorOptions } from "@aws-lambda-powertools/logger/types";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { Env } from "../lib/aws-config.ts";
import { toError } from "../lib/errors.ts";
import type { PatientRetries } from "../lib/retries.ts";

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR", "SILENT"] as const;

/** No retry starts with less of the invocation left, so that its error is still logged: a request takes up to 10 s. */
const LAST_TRY_MS = 15_000;

/** What a handler knows about its invocation. */
export interface Invocation {
  /** structured log lines; nothing is printed outside Lambda unless ANAMO_LOG_LEVEL asks for it */
  log: Pick<Logger, "debug" | "info" | "warn" | "error">;
  /** adds to a metric of this function, e.g. `count("ItemsFreed", 3)` */
  count: (metric: string, value: number) => void;
  /** writes metrics that have further dimensions, all with the same values */
  countBy: (dimensions: Readonly<Record<string, string>>, metrics: Readonly<Record<string, number>>) => void;
  /** milliseconds until Lambda ends the invocation; Infinity outside Lambda */
  remainingMs: () => number;
}

/** A Lambda handler that also runs outside Lambda: the context may be missing or partial. */
export type Handler<Event, Result> = (event: Event, context?: Partial<Context>) => Promise<Result>;

/**
 * Wraps a handler with structured logs and metrics. Logs an error here, once, and rethrows it. Both are silent in the
 * CLI, which runs the same handlers and does all its own printing.
 */
export function withTelemetry<Event, Result>(
  name: string,
  handler: (event: Event, invocation: Invocation) => Promise<Result>,
  { env = process.env, retries }: { env?: Env; retries?: PatientRetries } = {},
): Handler<Event, Result> {
  const logger = createLogger(name, env);
  const metrics = inLambda(env) ? createMetrics(name, env) : undefined;
  const publish = () => {
    // the library would print a warning if there are no metrics
    if (metrics?.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  const wrapped = middy(async (event: Event, context: Context) => {
    const remainingMs = () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
    retries?.onlyWhile(() => remainingMs() > LAST_TRY_MS);
    return handler(event, {
      log: logger,
      count: (metric, value) => void metrics?.addMetric(metric, MetricUnit.Count, value),
      countBy: (dimensions, values) => {
        if (!metrics) return;
        const own = createMetrics(name, env, dimensions);
        for (const [metric, value] of Object.entries(values)) own.addMetric(metric, MetricUnit.Count, value);
        if (own.hasStoredMetrics()) own.publishStoredMetrics();
      },
      remainingMs,
    });
  })
    .use(injectLambdaContext(logger))
    .after(publish)
    .onError(({ error }) => {
      logger.error(`${name} failed`, toError(error));
      publish();
    });
  return (event, context = {}) => wrapped(event, context as Context);
}

/** Whether this is Lambda itself, not `invoke local` or the CLI. */
function inLambda(env: Env): boolean {
  return Boolean(env.AWS_LAMBDA_FUNCTION_NAME) && !env.IS_LOCAL && !env.AWS_SAM_LOCAL;
}

function createLogger(name: string, env: Env): Logger {
  const wanted = env.ANAMO_LOG_LEVEL?.toUpperCase();
  const file = inLambda(env) ? undefined : env.ANAMO_FUNCTIONS_LOG;
  const usual = inLambda(env) || file ? "INFO" : "SILENT";
  const options = { serviceName: name, logLevel: LEVELS.find((level) => level === wanted) ?? usual };
  if (inLambda(env)) return new Logger(options);
  return new LineLogger(options, file ? (line) => appendLine(file, line) : (line) => void process.stderr.write(line));
}

function createMetrics(name: string, env: Env, more: Readonly<Record<string, string>> = {}): Metrics {
  return new Metrics({
    namespace: "anamo",
    serviceName: name,
    // the table distinguishes the stages of one account
    defaultDimensions: { ...(env.ANAMO_TABLE && { table: env.ANAMO_TABLE }), ...more },
  });
}

/** Outside Lambda, stdout belongs to the caller: `anamo run --json` prints one document there. */
class LineLogger extends Logger {
  readonly #write: (line: string) => void;

  constructor(options: ConstructorOptions, write: (line: string) => void) {
    super(options);
    this.#write = write;
  }

  protected override printLog(_level: number, log: LogItem): void {
    log.prepareForPrint();
    this.#write(`${JSON.stringify(log.getAttributes(), this.getJsonReplacer())}\n`);
  }
}

/**
 * There are few lines, and one that cannot be written is lost: with a full disk, the functions continue as long as they
 * can.
 */
function appendLine(file: string, line: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, line);
  } catch {}
}

import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { systemCode } from "./errors.ts";

type RetryStrategy = Extract<NonNullable<DynamoDBClientConfig["retryStrategy"]>, { acquireInitialRetryToken: unknown }>;
type RetryToken = Parameters<RetryStrategy["refreshRetryTokenForRetry"]>[0];
type RetryErrorInfo = Parameters<RetryStrategy["refreshRetryTokenForRetry"]>[1];

/** How long to repeat requests. Times are in milliseconds. */
export interface RetryOptions {
  /** give up on a request this long after its first try */
  patienceMs: number;
  /** the longest pause between two tries */
  longestPauseMs: number;
  /** give up sooner if nothing listens at the endpoint, its name is unknown, or AWS allows no more changes today */
  needsListener?: boolean;
  now?: () => number;
  random?: () => number;
}

const TRANSIENT_PAUSE_MS = 50;
/** A throttled partition needs about a second to regain capacity. */
const THROTTLED_PAUSE_MS = 250;
/** As many tries as the SDK's own strategy makes with `maxAttempts: 8`. */
const TRIES_WITHOUT_LISTENER = 8;
const UNREACHABLE: readonly (string | undefined)[] = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"];

/**
 * Repeats failed requests until a deadline, with growing random pauses. The SDK's own strategies also have a budget:
 * all requests of a client share it, and 64 rows in flight use it up within half a second of a network failure. Repeats
 * only what the SDK calls throttling or transient; the condition of a repeated write decides whether it still applies.
 */
export class PatientRetries implements RetryStrategy {
  readonly #options: RetryOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  #isInTime: () => boolean = () => true;
  #throttled = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  /** How many tries have been throttled so far. */
  get throttled(): number {
    return this.#throttled;
  }

  /** Counts a throttled try that these retries did not see. */
  countThrottled(): void {
    this.#throttled++;
  }

  /** Whether there is time for another try, as far as {@link onlyWhile} says. */
  get isInTime(): boolean {
    return this.#isInTime();
  }

  /** Also gives up once `isInTime` returns false, such as shortly before Lambda ends the invocation. */
  onlyWhile(isInTime: () => boolean): void {
    this.#isInTime = isInTime;
  }

  async acquireInitialRetryToken(): Promise<RetryToken> {
    return new Token(this.#now(), 0, 0);
  }

  /** Rejects if the request must not be repeated; the SDK then throws the request's own error. */
  async refreshRetryTokenForRetry(token: RetryToken, { error, errorType }: RetryErrorInfo): Promise<RetryToken> {
    const tries = token.getRetryCount() + 1;
    const sinceMs = token instanceof Token ? token.sinceMs : this.#now();
    if (errorType === "THROTTLING") this.#throttled++;
    else if (errorType !== "TRANSIENT") throw new Error("a retry would not help");
    const { patienceMs, longestPauseMs, needsListener } = this.#options;
    const isHopeless = UNREACHABLE.includes(systemCode(error)) || error?.name === "LimitExceededException";
    const isAlone = needsListener && isHopeless && tries >= TRIES_WITHOUT_LISTENER;
    if (isAlone || !this.#isInTime() || this.#now() - sinceMs >= patienceMs)
      throw new Error("the time for retries is up");
    const firstMs = errorType === "THROTTLING" ? THROTTLED_PAUSE_MS : TRANSIENT_PAUSE_MS;
    const pauseMs = Math.min(longestPauseMs, firstMs * 2 ** (tries - 1));
    return new Token(sinceMs, tries, pauseMs * (0.5 + 0.5 * this.#random()));
  }

  recordSuccess(): void {}
}

const THROTTLING: readonly string[] = [
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "RequestLimitExceeded",
  "ThrottledException",
];

/** Whether an error means only that there were more requests than DynamoDB can take right now. */
export function isThrottling(error: unknown): boolean {
  return error instanceof Error && THROTTLING.includes(error.name);
}

class Token implements RetryToken {
  readonly sinceMs: number;
  readonly #count: number;
  readonly #pauseMs: number;

  constructor(sinceMs: number, count: number, pauseMs: number) {
    this.sinceMs = sinceMs;
    this.#count = count;
    this.#pauseMs = pauseMs;
  }

  getRetryCount(): number {
    return this.#count;
  }

  getRetryDelay(): number {
    return this.#pauseMs;
  }
}

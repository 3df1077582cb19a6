import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";

/** How long a function may take, as on Lambda. */
const TIMEOUT_MS = 15 * 60 * 1000;

/**
 * The context of a call that begins now, with 15 minutes to go. When `closing` is aborted no time is left, so that a
 * long import puts itself aside as it does before the end of its time on Lambda.
 */
export function functionContext(name: string, closing: AbortSignal, timeoutMs = TIMEOUT_MS): Context {
  const endsAt = performance.now() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: `anamo-local-${name}`,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:anamo-local-${name}`,
    memoryLimitInMB: "1024",
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/anamo-local-${name}`,
    logStreamName: "local",
    getRemainingTimeInMillis: () => (closing.aborted ? 0 : Math.max(0, Math.round(endsAt - performance.now()))),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

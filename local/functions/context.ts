import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";

/** Lambda's longest time-out for a function. */
const TIMEOUT_MS = 15 * 60 * 1000;
/**
 * An import stops 90 s before its time is up. With this limit it records every half minute how far it has got, so an
 * import that is killed loses no more than that.
 */
const IMPORT_TIMEOUT_MS = 2 * 60 * 1000;

/**
 * The Lambda context of a call that starts now. Once `closing` is aborted, it reports that no time is left, so that a
 * long import saves a continuation, as it does on Lambda before it times out.
 */
export function functionContext(
  name: string,
  closing: AbortSignal,
  timeoutMs = name === "import" ? IMPORT_TIMEOUT_MS : TIMEOUT_MS,
): Context {
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

import { BatchClient } from "@aws-sdk/client-batch";
import { clientConfig, type Env, TIME_OUTS } from "./aws-config.ts";

/** A Batch client. With `once` it does not retry: a repeated SubmitJob could start everything twice. */
export function batchClient(env: Env, { once = false } = {}): BatchClient {
  return new BatchClient({
    ...clientConfig(env, "BATCH"),
    ...(once && { maxAttempts: 1 }),
    requestHandler: { ...TIME_OUTS, requestTimeout: 30_000 },
  });
}

import { onTestFinished } from "vitest";
import { type FaultKind, startFaultProxy } from "../../chaos/fault-proxy.ts";
import { testEnv } from "./env.ts";

/** What the proxy does with an operation: see {@link FaultKind}. */
export type Fate = FaultKind;

/**
 * Starts a proxy to DynamoDB, which runs until the test ends; returns its endpoint. `onOperation` is called with the
 * name of every operation before it is forwarded, and returns what the proxy does with it.
 */
export async function dynamoLine(onOperation: (operation: string) => Fate | Promise<Fate>): Promise<string> {
  const target = testEnv().AWS_ENDPOINT_URL_DYNAMODB ?? "";
  const proxy = await startFaultProxy({
    service: "dynamodb",
    target: () => target,
    faultOf: async ({ operation }) => ({ kind: await onOperation(operation) }),
  });
  onTestFinished(() => proxy.close());
  return proxy.endpoint;
}

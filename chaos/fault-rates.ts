import type { Fault, FaultKind, ProxiedRequest } from "./fault-proxy.ts";
import { holdBack } from "./partial-batch.ts";
import { Random } from "./random.ts";

/** The share of requests to each service that meets each fault. */
const RATES: Record<"dynamodb" | "s3", Partial<Record<FaultKind, number>>> = {
  dynamodb: {
    delay: 0.04,
    resetBefore: 0.015,
    resetAfter: 0.02,
    truncate: 0.01,
    error: 0.01,
    errorAfter: 0.01,
    throughput: 0.015,
    throttling: 0.01,
  },
  s3: { delay: 0.05, resetBefore: 0.02, resetAfter: 0.02, truncate: 0.02, error: 0.02, slowDown: 0.03 },
};

/** Batches are rare, so many of them are processed only in part. */
const PARTIAL_SHARE = 0.3;

/** The fault that the n-th request to a service meets, which depends only on the seed. */
export function plannedFault(seed: number, service: "dynamodb" | "s3", number: number): Fault {
  const random = new Random(seed, service, number);
  const kind = random.weighted<FaultKind>(RATES[service], "carry");
  if (kind !== "delay") return { kind };
  // most delays are short; one in ten is longer than the time between heartbeats
  return { kind, delayMs: random.chance(0.1) ? random.between(1_000, 3_000) : random.between(5, 400) };
}

/** {@link plannedFault} for any request that reaches a proxy, plus `partial` for a share of the batches. */
export function faultOf(seed: number, service: "dynamodb" | "s3", { operation, number, body }: ProxiedRequest): Fault {
  const fault = plannedFault(seed, service, number);
  if (fault.kind !== "carry" || !new Random(seed, "partial", number).chance(PARTIAL_SHARE)) return fault;
  return holdBack(operation, body) ? { kind: "partial" } : fault;
}

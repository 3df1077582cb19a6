import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { clientConfig, type Env, TIME_OUTS } from "./aws-config.ts";

/** A client for Application Auto Scaling. Few retries: a person is waiting, and a table works without scaling. */
export function scalingClient(env: Env): ApplicationAutoScalingClient {
  return new ApplicationAutoScalingClient({
    ...clientConfig(env, "APPLICATION_AUTO_SCALING"),
    maxAttempts: 3,
    requestHandler: { ...TIME_OUTS, requestTimeout: 10_000 },
  });
}

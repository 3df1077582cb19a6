import { SNSClient } from "@aws-sdk/client-sns";
import { clientConfig, type Env, SOCKETS, TIME_OUTS } from "./aws-config.ts";

/** An SNS client; a request that takes longer than 10 s is repeated. */
export function snsClient(env: Env): SNSClient {
  const requestHandler = { ...TIME_OUTS, requestTimeout: 10_000, httpsAgent: SOCKETS, httpAgent: SOCKETS };
  return new SNSClient({ ...clientConfig(env, "SNS"), requestHandler });
}

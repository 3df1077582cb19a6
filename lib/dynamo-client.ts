import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { clientConfig, type Env, SOCKETS, TIME_OUTS } from "./aws-config.ts";
import type { PatientRetries } from "./retries.ts";
import { StoreClock } from "./store-clock.ts";

/**
 * A DynamoDB client that gives up on a hung request after 10 s, so that none delays a heartbeat for longer. Without
 * `retries`, it tries each request up to 8 times, while the SDK's retry budget lasts. It synchronizes `clock`, which
 * {@link clockOf} returns, with the dates of the replies.
 */
export function dynamoClient(
  env: Env,
  { retries, clock = new StoreClock() }: { retries?: PatientRetries; clock?: StoreClock } = {},
): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfig(env, "DYNAMODB"),
    ...(retries && { retryStrategy: retries }),
    requestHandler: { ...TIME_OUTS, requestTimeout: 10_000, httpsAgent: SOCKETS, httpAgent: SOCKETS },
  });
  // A worker makes millions of small calls. These two only log and tell AWS which SDK this is, but take a sixth of the
  // time of each call.
  for (const name of ["loggerMiddleware", "getUserAgentMiddleware"]) client.middlewareStack.remove(name);
  // closest to the network, so that parsing time does not count
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = clock.localNow();
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      if (headers?.date !== undefined) clock.observe(headers.date, sentMs, clock.localNow());
      return result;
    },
    { step: "deserialize", priority: "low", name: "observeStoreClock" },
  );
  clocks.set(client, clock);
  return client;
}

const clocks = new WeakMap<DynamoDBClient, StoreClock>();

/** The clock of the table that a client of {@link dynamoClient} talks to; this machine's clock for any other client. */
export function clockOf(client: DynamoDBClient): StoreClock {
  return clocks.get(client) ?? new StoreClock();
}

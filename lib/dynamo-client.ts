import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { clientConfig, type Env, SOCKETS, TIME_OUTS } from "./aws-config.ts";
import type { PatientRetries } from "./retries.ts";
import { StoreClock } from "./store-clock.ts";

/**
 * A DynamoDB client that gives up on a hung request after 10 s, so that it cannot delay a heartbeat for longer. Without
 * `retries`, it tries each request up to 8 times, as long as the SDK's budget of retries lasts. It keeps `clock`, from
 * which {@link clockOf} tells the table's time, in step with the replies.
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
  // A worker makes millions of small calls. These two only log, and name the SDK to AWS, but take a sixth of each call.
  for (const name of ["loggerMiddleware", "getUserAgentMiddleware"]) client.middlewareStack.remove(name);
  // next to the network, so that the time of parsing does not count
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

/** The clock of the table that a client of {@link dynamoClient} talks to; this machine's if nobody knows better. */
export function clockOf(client: DynamoDBClient): StoreClock {
  return clocks.get(client) ?? new StoreClock();
}

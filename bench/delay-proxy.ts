import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { closeServer, listenOnLoopback } from "../local/loopback.ts";

/** What passed through a {@link delayProxy}. */
export interface Passed {
  requests: number;
  /** writes whose condition failed */
  refused: number;
}

/** Forwards requests to an endpoint, and delays each by half a round trip on the way there and half on the way back. */
export async function delayProxy(to: string, roundTripMs: number) {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(to);
  const passed: Passed = { requests: 0, refused: 0 };
  const server = createServer(async (asked, response) => {
    const body = await buffer(asked);
    passed.requests++;
    await sleep(roundTripMs / 2);
    const { method, url: path, headers } = asked;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request({ agent, hostname, port, method, path, headers }, resolve).on("error", reject).end(body);
    const reply = await promise;
    const text = await buffer(reply);
    if (reply.statusCode === 400 && text.includes("ConditionalCheckFailed")) passed.refused++;
    await sleep(roundTripMs / 2);
    response.writeHead(reply.statusCode ?? 500, reply.headers).end(text);
  });
  const endpoint = await listenOnLoopback(server, 0);
  return {
    endpoint,
    passed,
    async close() {
      agent.destroy();
      await closeServer(server);
    },
  };
}

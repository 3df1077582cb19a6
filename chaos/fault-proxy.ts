import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { closeServer, listenOnLoopback } from "../local/loopback.ts";
import { errorReply, type Service } from "./error-replies.ts";
import { holdBack, type Partial } from "./partial-batch.ts";

/**
 * What the proxy does with a request.
 *
 * - `carry`: forwards it.
 * - `delay`: forwards it after `delayMs`.
 * - `resetBefore`: drops the connection without forwarding it.
 * - `resetAfter`: forwards it, then drops the connection: a write takes effect, but its sender does not learn of it.
 * - `truncate`: like `resetAfter`, but half of the reply arrives first.
 * - `error`, `errorAfter`: answers with status 500; the second forwards the request first.
 * - `throughput`, `throttling` (DynamoDB), `slowDown` (S3): answers that there were too many requests.
 * - `partial`: forwards the first half of a DynamoDB batch and answers that the rest was not processed. Carries any
 *   other request.
 * - `refuse`: answers with an error that clients do not retry.
 * - `hang`: never answers.
 */
export const FAULTS = [
  "carry",
  "delay",
  "resetBefore",
  "resetAfter",
  "truncate",
  "error",
  "errorAfter",
  "throughput",
  "throttling",
  "slowDown",
  "partial",
  "refuse",
  "hang",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  kind: FaultKind;
  /** for `delay`: how long, in milliseconds */
  delayMs?: number;
}

/** A request as it reached the proxy. */
export interface ProxiedRequest {
  /** the DynamoDB operation, such as `PutItem`; for S3 or Batch, the HTTP method */
  operation: string;
  path: string;
  /** number of earlier requests */
  number: number;
  body: Buffer;
}

/** What the store answered, whether or not the sender learns of it. */
export interface StoreReply {
  status: number;
  body: Buffer;
}

export interface FaultProxyOptions {
  service: Service;
  /** the endpoint of the store; called for each request, because a store that was restarted has another endpoint */
  target: () => string;
  /** decides what happens to a request */
  faultOf: (request: ProxiedRequest) => Fault | Promise<Fault>;
  /** called with each reply of the store */
  onReply?: (request: ProxiedRequest, reply: StoreReply) => void;
}

/** A running proxy. */
export interface FaultProxy {
  readonly endpoint: string;
  /** number of requests received */
  readonly requests: number;
  close(): Promise<void>;
}

interface Answer extends StoreReply {
  headers: IncomingHttpHeaders;
}

/**
 * Starts a proxy on loopback in front of a store. It breaks the requests that `faultOf` selects, and changes no others.
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  let requests = 0;

  const meet = async (incoming: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const number = requests++;
    const body = await buffer(incoming);
    const met: ProxiedRequest = { operation: operationOf(incoming), path: incoming.url ?? "", number, body };
    const { kind, delayMs = 0 } = await options.faultOf(met);
    if (kind === "hang") return;
    if (kind === "resetBefore") return void incoming.socket.destroy();
    const isError = !["carry", "delay", "resetAfter", "truncate", "errorAfter", "partial"].includes(kind);
    if (isError) return send(reply, errorReply(options.service, kind));
    if (kind === "delay") await delay(delayMs, undefined, { ref: false });
    const part = kind === "partial" ? holdBack(met.operation, body) : undefined;
    const answer = await forward(incoming, part?.body ?? body);
    options.onReply?.(met, answer);
    if (kind === "resetAfter") return void incoming.socket.destroy();
    if (kind === "truncate") return cut(reply, answer);
    if (kind === "errorAfter") return send(reply, errorReply(options.service, "error"));
    send(reply, part ? withRest(answer, part) : answer);
  };

  function forward({ method, headers, url }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { hostname, port } = new URL(options.target());
    const { "transfer-encoding": _, ...kept } = headers;
    return new Promise((resolve, reject) => {
      const sent = {
        host: hostname,
        port,
        method,
        path: url,
        headers: { ...kept, "content-length": body.length },
        agent,
      };
      const outgoing = request(sent, (answer) => {
        const { statusCode: status = 500, headers: told } = answer;
        buffer(answer).then((text) => resolve({ status, headers: told, body: text }), reject);
      });
      outgoing.on("error", reject).end(body);
    });
  }

  const server = createServer((incoming, reply) => {
    // the store is down, or the client is gone: either way, close the client's connection
    meet(incoming, reply).catch(() => incoming.socket.destroy());
  });
  const endpoint = await listenOnLoopback(server, 0);
  return {
    endpoint,
    get requests() {
      return requests;
    },
    async close() {
      await closeServer(server);
      agent.destroy();
    },
  };
}

function operationOf({ headers, method = "" }: IncomingMessage): string {
  const target = headers["x-amz-target"];
  return typeof target === "string" ? target.replace(/^.*\./, "") : method;
}

function send(reply: ServerResponse, { status, headers, body }: Answer): void {
  // the answer to HEAD has a length but no body
  const length = body.length > 0 ? { "content-length": body.length } : {};
  const { "transfer-encoding": _, connection: __, ...kept } = headers;
  reply.writeHead(status, { ...kept, ...length }).end(body);
}

/** Announces the whole reply and sends half of it. */
function cut(reply: ServerResponse, { status, headers, body }: Answer): void {
  const { "transfer-encoding": _, ...kept } = headers;
  reply.writeHead(status, { ...kept, "content-length": Math.max(2, body.length) });
  reply.write(body.subarray(0, Math.floor(body.length / 2)), () => reply.socket?.destroy());
}

function withRest(answer: Answer, { field, rest }: Partial): Answer {
  if (answer.status !== 200) return answer;
  const { "x-amz-crc32": _, ...headers } = answer.headers;
  return {
    ...answer,
    headers,
    body: Buffer.from(JSON.stringify({ ...JSON.parse(answer.body.toString()), [field]: rest })),
  };
}

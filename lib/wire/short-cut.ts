import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { clockOf } from "../dynamo-client.ts";
import { pause, realTimers } from "../flow/timers.ts";
import { isThrottling } from "../retries.ts";
import { fromJson, toJson } from "./json-values.ts";
import { type Endpoint, Poster, type Reply } from "./post.ts";
import { RequestSigner } from "./sign-request.ts";

/*
 * A request through the SDK takes 0.6 ms of CPU, and a worker with short tasks makes hundreds per second. Here the
 * first try of a request takes 0.15 ms. Anything but an ordinary reply is left to the SDK, which sends the request
 * again, so retries, errors and their meaning remain the SDK's. The SDK's own requests show where to send: the
 * endpoint, whatever variable or rule it comes from, and the region to sign for. Keys come from the SDK's providers,
 * which renew them.
 */

const NAMES = new Map<unknown, string>([
  [UpdateItemCommand, "UpdateItem"],
  [QueryCommand, "Query"],
  [GetItemCommand, "GetItem"],
  [PutItemCommand, "PutItem"],
  [DeleteItemCommand, "DeleteItem"],
  // for rows without bytes: toJson() does not look inside these
  [BatchWriteItemCommand, "BatchWriteItem"],
]);

/** The same limit as for the SDK's requests: see dynamoClient(). */
const TIMEOUT_MS = 10_000;
/** The longest pauses before the SDK tries again: the same as between the SDK's own tries. */
const PAUSE_MS = 50;
const THROTTLED_PAUSE_MS = 250;

/** Where the SDK sent its last request, and for which region it signed it. */
export interface Place extends Endpoint {
  host: string;
  region: string;
}

type Send = (command: { input: object }, ...rest: unknown[]) => Promise<unknown>;

/** Options of a short cut. */
interface ShortCutOptions {
  /** where to send requests, if that is known without a request by the SDK */
  place?: Place | undefined;
  /** called for each throttled try: the SDK does not see these and counts only its own */
  onThrottled?: () => void;
  /** whether the SDK may try again after a failed try: not shortly before Lambda ends the invocation */
  mayTryAgain?: () => boolean;
  random?: () => number;
}

/**
 * Makes `db` take the short cut for reads and writes of single rows, puts of several rows, and queries; `client` is the
 * client behind `db`. Returns a function that closes the connections.
 */
export function takeShortCut(
  db: DynamoDBDocumentClient,
  client: DynamoDBClient,
  { place: known, onThrottled = () => {}, mayTryAgain = () => true, random = Math.random }: ShortCutOptions = {},
): () => void {
  const poster = new Poster({ timeoutMs: TIMEOUT_MS });
  const signer = new RequestSigner();
  const clock = clockOf(client);
  const bySdk = db.send.bind(db) as Send;
  let place = known;
  let isClosed = false;
  client.middlewareStack.add(
    (next) => (args) => {
      place = placeOf(args.request, place);
      return next(args);
    },
    { step: "deserialize", priority: "low", name: "learnPlace", override: true },
  );

  async function tryOnce(to: Place, operation: string, input: object): Promise<Reply> {
    const keys = await client.config.credentials();
    const body = toJson(input);
    const { host, region } = to;
    const target = `DynamoDB_20120810.${operation}`;
    const headers = signer.headersOf(keys, { host, region, target, body, atMs: clock.now() });
    const sentMs = clock.localNow();
    const reply = await poster.post(to, headers, body);
    if (reply.date !== undefined) clock.observe(reply.date, sentMs, clock.localNow());
    return reply;
  }

  async function send(command: { input: object }, ...rest: unknown[]): Promise<unknown> {
    const operation = NAMES.get(command.constructor);
    if (operation === undefined || place === undefined || rest.length > 0) return bySdk(command, ...rest);
    const reply = await tryOnce(place, operation, command.input).catch((error: unknown) => {
      if (isClosed || !mayTryAgain()) throw error;
      return undefined;
    });
    const result = reply?.status === 200 ? resultIn(reply) : undefined;
    if (result) return result;
    const error = reply && errorIn(reply);
    if (error instanceof ConditionalCheckFailedException) throw error;
    if (isThrottling(error)) onThrottled();
    const pauseMs = isThrottling(error) ? THROTTLED_PAUSE_MS : PAUSE_MS;
    const isOver = reply !== undefined && reply.status < 500 && !isThrottling(error);
    if (!isOver && !mayTryAgain()) throw error ?? new Error(`the reply of ${reply?.status} is not DynamoDB's`);
    if (!isOver) await pause(realTimers, pauseMs * (0.5 + 0.5 * random()));
    return bySdk(command).catch((thrown: unknown) => {
      // it may have been our own try that took effect
      if (thrown instanceof ConditionalCheckFailedException)
        thrown.$metadata.attempts = (thrown.$metadata.attempts ?? 1) + 1;
      throw thrown;
    });
  }

  db.send = send as typeof db.send;
  return () => {
    isClosed = true;
    poster.close();
  };
}

/** The place that a signed request of the SDK shows; undefined unless it is signed with AWS Signature Version 4. */
function placeOf(request: unknown, known: Place | undefined): Place | undefined {
  const { protocol, hostname, port, path, query, headers } = request as Endpoint & {
    path: string;
    query?: object;
    headers: Record<string, string>;
  };
  const region = /^AWS4-HMAC-SHA256 Credential=[^/]*\/\d+\/([^/]+)\/dynamodb\//.exec(headers.authorization ?? "")?.[1];
  const { host } = headers;
  if (region === undefined || host === undefined || path !== "/" || Object.keys(query ?? {}).length > 0)
    return undefined;
  return known?.host === host && known.region === region ? known : { protocol, hostname, port, host, region };
}

function metadataOf({ status, requestId }: Reply) {
  return { httpStatusCode: status, requestId, attempts: 1, totalRetryDelay: 0 };
}

/** The result in a reply of 200; undefined if the reply comes from a proxy rather than DynamoDB, or was cut off. */
function resultIn(reply: Reply): object | undefined {
  try {
    const fields: unknown = fromJson(reply.text);
    if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) {
      return { $metadata: metadataOf(reply), ...fields };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return undefined;
}

/** The error in a reply, with what matters here: its name, and the row that made DynamoDB refuse a write. */
function errorIn(reply: Reply): Error {
  const error = new Error(reply.text);
  try {
    const { __type = "", message, Message, Item } = fromJson(reply.text) as Record<string, string | undefined>;
    const name = __type.slice(__type.lastIndexOf("#") + 1);
    if (name === "ConditionalCheckFailedException") {
      return new ConditionalCheckFailedException({
        message: message ?? Message ?? "",
        $metadata: metadataOf(reply),
        ...(Item !== undefined && { Item: Item as never }),
      });
    }
    error.name = name;
  } catch {} // not from DynamoDB
  return error;
}

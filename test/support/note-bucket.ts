import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { closeServer, listenOnLoopback } from "../../local/loopback.ts";

/**
 * A bucket as AWS presents it to a function that may not list it: conditional writes, and 403 for missing objects.
 * Returns its endpoint, its contents by key, and the requests for keys so far.
 */
export async function noteBucket() {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = createServer(async (request, reply) => {
    const key = (request.url ?? "").split("?")[0]?.split("/").slice(2).join("/") ?? "";
    requests.push(`${request.method} ${key}`);
    // before checking the condition: of two writes at the same time exactly one must win
    const body = await buffer(request);
    const found = objects.get(key);
    const etag = found && `"${createHash("md5").update(found).digest("hex")}"`;
    if (request.method === "PUT") {
      const { "if-match": match, "if-none-match": noneMatch } = request.headers;
      if ((match !== undefined && match !== etag) || (noneMatch === "*" && found)) {
        return void reply.writeHead(412).end("<Error><Code>PreconditionFailed</Code></Error>");
      }
      objects.set(key, body);
      return void reply.writeHead(200, { etag: `"${createHash("md5").update(body).digest("hex")}"` }).end();
    }
    if (!found) return void reply.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
    reply.writeHead(200, { etag: etag ?? "" }).end(found);
  });
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { endpoint, objects, requestsFor: (key: string) => requests.filter((line) => line.endsWith(` ${key}`)) };
}

/** A stand-in for SNS, which records published messages as the parameters of their requests. */
export async function snsServer() {
  const published: URLSearchParams[] = [];
  const state = { isUp: true };
  const server = createServer(async (request, reply) => {
    const body = new URLSearchParams((await buffer(request)).toString());
    if (!state.isUp) {
      const error = "<Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message></Error>";
      return void reply.writeHead(404).end(`<ErrorResponse>${error}</ErrorResponse>`);
    }
    published.push(body);
    reply.writeHead(200, { "content-type": "text/xml" });
    reply.end("<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>");
  });
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { endpoint, published, state };
}

import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { closeServer, listenOnLoopback } from "../../local/loopback.ts";

/** A statement of an IAM policy as documented: only Allow, and conditions only on the prefix of a listing. */
export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Condition?: { StringLike?: { "s3:prefix"?: string | string[] } };
}

/** The policy that a page of the documentation writes to a file. */
export function policyIn(page: string, file: string): Statement[] {
  const [, json = ""] = new RegExp(`^cat > ${file} <<'END'\n([^]*?)^END$`, "m").exec(page) ?? [];
  return (JSON.parse(json) as { Statement: Statement[] }).Statement;
}

/** What a request needs permission for: `prefix` only for a listing. */
interface Ask {
  action: string;
  resource: string;
  prefix?: string;
}

/** Whether the statements allow it. A condition on a prefix never holds for a request without one. */
export function allows(statements: readonly Statement[], { action, resource, prefix }: Ask): boolean {
  return statements.some(({ Effect, Action, Resource, Condition }) => {
    const prefixes = Condition?.StringLike?.["s3:prefix"];
    const isWanted = prefixes === undefined || (prefix !== undefined && fitsOne(prefixes, prefix));
    return Effect === "Allow" && fitsOne(Action, action) && fitsOne(Resource, resource) && isWanted;
  });
}

function fitsOne(patterns: string | string[], text: string): boolean {
  return [patterns].flat().some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`).test(text);
  });
}

/**
 * An S3 that enforces a policy in front of another one, until the test ends; returns its endpoint. Like AWS's, it
 * answers "forbidden" for a missing object if the caller may not list the bucket. `denied` collects the requests that
 * it refused.
 */
export async function guardedS3(target: string, statements: readonly Statement[], denied: string[]): Promise<string> {
  const server = createServer(async (incoming, reply) => {
    const ask = askOf(incoming);
    const body = await buffer(incoming);
    if (!allows(statements, ask)) {
      denied.push(`${ask.action} ${ask.resource}`);
      return forbid(incoming, reply);
    }
    const bucket = ask.resource.split("/")[0] ?? "";
    const isRead = ask.action === "s3:GetObject";
    const mayList = allows(statements, { action: "s3:ListBucket", resource: bucket });
    const outgoing = request(new URL(incoming.url ?? "", target), {
      method: incoming.method,
      headers: { ...incoming.headers, "content-length": body.length },
    });
    outgoing.on("response", (answer) => {
      if (isRead && !mayList && answer.statusCode === 404) {
        answer.resume();
        return forbid(incoming, reply);
      }
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(reply);
    });
    outgoing.on("error", () => incoming.socket.destroy());
    outgoing.end(body);
  });
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return endpoint;
}

const ACTIONS: Readonly<Record<string, string>> = {
  GET: "s3:GetObject",
  HEAD: "s3:GetObject",
  PUT: "s3:PutObject",
  POST: "s3:PutObject",
  DELETE: "s3:DeleteObject",
};

function askOf({ method = "", url = "" }: IncomingMessage): Ask {
  const { pathname, searchParams } = new URL(url, "http://s3");
  const [, bucket = "", ...key] = decodeURIComponent(pathname).split("/");
  const path = key.join("/");
  if (method === "GET" && path === "") {
    const resource = `arn:aws:s3:::${bucket}`;
    return { action: "s3:ListBucket", resource, prefix: searchParams.get("prefix") ?? "" };
  }
  return { action: ACTIONS[method] ?? method, resource: `arn:aws:s3:::${bucket}/${path}` };
}

function forbid({ method }: IncomingMessage, reply: ServerResponse): void {
  const xml = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
  reply.writeHead(403, { "content-type": "application/xml" }).end(method === "HEAD" ? undefined : xml);
}

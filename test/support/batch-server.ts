import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Starts a stand-in for Batch, which runs until the test ends; returns its endpoint. `answer` computes each reply. */
export async function batchServer(
  answer: (body: unknown, path: string) => { status: number; json: unknown },
): Promise<string> {
  const server = createServer(async (request, reply) => {
    const body: unknown = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
    const { status, json } = answer(body, request.url ?? "");
    reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Batch's answer to a caller without permission. */
export const ACCESS_DENIED = { status: 403, json: { __type: "AccessDeniedException", message: "not authorized" } };

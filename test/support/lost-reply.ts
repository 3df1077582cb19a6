import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { dynamoClient } from "../../lib/clients.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { testEnv } from "./env.ts";

/**
 * The same table by way of a line that carries the first request of an operation, and cuts off before its reply: what
 * was written stays written, and the SDK sends it again.
 */
export async function losingReplyOf(operation: string, table: Table): Promise<Table> {
  const env = testEnv();
  const target = new URL(env.AWS_ENDPOINT_URL_DYNAMODB ?? "");
  let isLost = false;
  const server = createServer((incoming, reply) => {
    const losesThis = !isLost && String(incoming.headers["x-amz-target"]).endsWith(`.${operation}`);
    if (losesThis) isLost = true;
    const { method, headers, url: path } = incoming;
    const outgoing = request({ host: target.hostname, port: target.port, method, headers, path }, (answer) => {
      if (losesThis) {
        answer.resume().on("end", () => incoming.socket.destroy());
        return;
      }
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(reply);
    });
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = dynamoClient({ ...env, AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` });
  onTestFinished(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return openTable(table.name, client, { now: table.now, random: table.random });
}

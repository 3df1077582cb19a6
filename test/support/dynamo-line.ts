import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { testEnv } from "./env.ts";

/**
 * What a line does with an operation: carries it; carries it and loses the reply (what was written stays written, and
 * the SDK sends it again); answers with an error that the SDK does not repeat; or never answers at all.
 */
export type Fate = "carry" | "lose" | "refuse" | "hang";

/**
 * A line to DynamoDB on which the test can listen: told of every operation, before it is sent on, it meets the fate
 * given. Returns the endpoint.
 */
export async function dynamoLine(onOperation: (operation: string) => Fate | Promise<Fate>): Promise<string> {
  const target = new URL(testEnv().AWS_ENDPOINT_URL_DYNAMODB ?? "");
  const meet = async (incoming: IncomingMessage, reply: ServerResponse) => {
    const fate = await onOperation(String(incoming.headers["x-amz-target"]).replace(/^.*\./, ""));
    if (fate === "hang") return void incoming.resume();
    if (fate === "refuse") {
      incoming.resume();
      const body = JSON.stringify({ __type: "com.amazonaws.dynamodb#RequestRefused", message: "refused by the test" });
      return void reply.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(body);
    }
    const { method, headers, url: path } = incoming;
    const outgoing = request({ host: target.hostname, port: target.port, method, headers, path }, (answer) => {
      if (fate === "lose") {
        answer.resume().on("end", () => incoming.socket.destroy());
        return;
      }
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(reply);
    });
    incoming.pipe(outgoing);
  };
  const server = createServer((incoming, reply) => {
    meet(incoming, reply).catch((error) => reply.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

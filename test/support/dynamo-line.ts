import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { testEnv } from "./env.ts";

/**
 * What the proxy does with an operation: "carry" forwards it; "lose" forwards it but drops the reply, so that the write
 * happens and the SDK sends it again; "reset" drops the connection before that; "throttle" answers as a table does that
 * is over its capacity; "refuse" answers with an error that the SDK does not retry; "hang" never answers.
 */
export type Fate = "carry" | "lose" | "reset" | "throttle" | "refuse" | "hang";

/**
 * Starts a proxy to DynamoDB, which runs until the test ends; returns its endpoint. `onOperation` is called with the
 * name of every operation before it is forwarded, and decides what the proxy does with it.
 */
export async function dynamoLine(onOperation: (operation: string) => Fate | Promise<Fate>): Promise<string> {
  const target = new URL(testEnv().AWS_ENDPOINT_URL_DYNAMODB ?? "");
  const meet = async (incoming: IncomingMessage, reply: ServerResponse) => {
    const fate = await onOperation(String(incoming.headers["x-amz-target"]).replace(/^.*\./, ""));
    if (fate === "hang") return void incoming.resume();
    if (fate === "reset") return void incoming.socket.destroy();
    if (fate === "refuse" || fate === "throttle") {
      incoming.resume();
      const name = fate === "refuse" ? "RequestRefused" : "ProvisionedThroughputExceededException";
      const body = JSON.stringify({ __type: `com.amazonaws.dynamodb#${name}`, message: "refused by the test" });
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

import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { testEnv } from "./env.ts";

/**
 * A line to DynamoDB on which the test can listen: told of every operation, and cuts off before the reply where told
 * so by "lose". What was written stays written then, and the SDK sends it again. Returns the endpoint.
 */
export async function dynamoLine(onOperation: (operation: string) => "carry" | "lose"): Promise<string> {
  const target = new URL(testEnv().AWS_ENDPOINT_URL_DYNAMODB ?? "");
  const server = createServer((incoming, reply) => {
    const fate = onOperation(String(incoming.headers["x-amz-target"]).replace(/^.*\./, ""));
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
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

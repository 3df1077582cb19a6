import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";

/**
 * Keeps dynalite running when a client, such as a killed worker, disconnects in the middle of a request. dynalite would
 * throw, which ends its process.
 */
export function outliveClients(server: Server): void {
  const [handle] = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    handle?.(request, response);
    request.removeAllListeners("error");
    request.on("error", () => response.destroy());
  });
}

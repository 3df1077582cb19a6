import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { systemCode, UsageError } from "../lib/errors.ts";

/** The only address that the embedded servers listen on. */
export const LOOPBACK = "127.0.0.1";

/** Longer than clients usually pause: reusing a connection that is just being closed gives a client an error. */
const KEEP_ALIVE_MS = 65_000;

/** A running embedded server. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Listens on loopback and returns the endpoint. Port 0 means a free one; throws a UsageError if it is taken. */
export async function listenOnLoopback(server: Server, port: number): Promise<string> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(port, LOOPBACK);
  try {
    await once(server, "listening");
  } catch (error) {
    throw portError(port, error);
  }
  return endpointOf(server);
}

/** The endpoint of a server that listens on loopback. */
function endpointOf(server: Server): string {
  return `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

/** Turns the error of a failed listen() into one that a user can act on. */
function portError(port: number, error: unknown): unknown {
  const code = systemCode(error);
  if (code === "EADDRINUSE") return new UsageError(`port ${port} of ${LOOPBACK} is taken`, { cause: error });
  if (code === "EACCES") return new UsageError(`no permission to listen on port ${port}`, { cause: error });
  return error;
}

/** Closes a server without waiting for clients that keep their connections open. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

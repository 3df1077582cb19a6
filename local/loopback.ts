import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { systemCode, UsageError } from "../lib/errors.ts";

/** The only address that the embedded servers listen on. */
export const LOOPBACK = "127.0.0.1";

/** Longer than clients usually pause: one that uses a connection just as it is being closed gets an error. */
const KEEP_ALIVE_MS = 65_000;

/** A running embedded server. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Listens on loopback, on a free port if `port` is 0, and returns the endpoint. */
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
export function endpointOf(server: Server): string {
  return `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

/** Makes of a failed listen() an error that a person can act on. */
export function portError(port: number, error: unknown): unknown {
  const code = systemCode(error);
  if (code === "EADDRINUSE") return new UsageError(`port ${port} of ${LOOPBACK} is taken`, { cause: error });
  if (code === "EACCES") return new UsageError(`port ${port} may not be listened on`, { cause: error });
  return error;
}

/** Ends a server without waiting for clients that keep their connections open. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

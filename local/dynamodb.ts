import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import dynalite from "dynalite";

/** A running embedded server. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>` */
  endpoint: string;
  close(): Promise<void>;
}

/** Starts dynalite on a free loopback port; with `dir` its tables live there, else in memory. */
export async function startDynamoDb({ dir, port = 0 }: { dir?: string; port?: number } = {}): Promise<LocalServer> {
  const server = dynalite({ ...(dir && { path: dir }), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${bound}`,
    async close() {
      server.closeAllConnections();
      await promisify(server.close.bind(server))();
    },
  };
}

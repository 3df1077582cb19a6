import { mkdirSync } from "node:fs";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import dynalite from "dynalite";
import type { Store } from "dynalite/db/index.js";
import { systemCode, toError, UsageError } from "../lib/errors.ts";
import { makeWritesAtomic } from "./atomic-writes.ts";
import { finishTables } from "./finish-tables.ts";
import { closeServer, listenOnLoopback } from "./loopback.ts";
import { rememberConditions } from "./remembered-conditions.ts";

/** What the embedded DynamoDB tells the process that started it. `usage`: it is the user's to put right. */
export type FromDynamoDb = { endpoint: string } | { problem: "usage" | "other"; text: string };

/*
 * The process that the embedded DynamoDB runs in. It ends, with its database closed, when its parent lets go of it or
 * is gone. Killed, it loses nothing: every write is one LevelDB batch.
 */

function isLocked(error: unknown): boolean {
  return systemCode(error) === "LEVEL_LOCKED" || (error instanceof Error && !!error.cause && isLocked(error.cause));
}

function tell(message: FromDynamoDb): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });
}

/** dynalite throws, and so ends, when a client goes away in the middle of a request: a killed worker does. */
function outliveClients(server: Server): void {
  const [handle] = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    handle?.(request, response);
    request.removeAllListeners("error");
    request.on("error", () => response.destroy());
  });
}

async function serve({ dir, port }: { dir?: string; port: number }): Promise<void> {
  let store: Store | undefined;
  makeWritesAtomic((made) => {
    store = made;
  });
  rememberConditions();
  if (dir) mkdirSync(dir, { recursive: true });
  const server = dynalite({ ...(dir && { path: dir }), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  outliveClients(server);
  // dynalite opens the folder with its first request; whether it can is to be known now.
  await store?.db.open().catch((error) => {
    throw isLocked(error) ? new UsageError(`${dir} is in use by another embedded DynamoDB`, { cause: error }) : error;
  });
  if (store) await finishTables(store.db);
  const endpoint = await listenOnLoopback(server, port);
  process.once("disconnect", () => void closeServer(server).then(() => process.exit()));
  await tell({ endpoint });
}

// Only the parent says when to go; a terminal's Ctrl-C or a `kill` of the whole group is not for the database.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

try {
  await serve(JSON.parse(process.env.ANAMO_DYNAMODB ?? '{"port":0}') as { dir?: string; port: number });
} catch (error) {
  await tell({ problem: error instanceof UsageError ? "usage" : "other", text: toError(error).message });
  process.exit(1);
}

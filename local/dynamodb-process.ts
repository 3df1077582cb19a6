import { mkdirSync } from "node:fs";
import dynalite from "dynalite";
import type { Store } from "dynalite/db/index.js";
import { systemCode, toError } from "../lib/errors.ts";
import { makeWritesAtomic } from "./atomic-writes.ts";
import { finishTables } from "./finish-tables.ts";
import { closeServer, LOOPBACK } from "./loopback.ts";

/** What the embedded DynamoDB tells the process that started it. */
export type FromDynamoDb =
  | { endpoint: string }
  | { problem: "folder-in-use" | "port-taken" }
  | { problem: "other"; text: string };

/*
 * The process that the embedded DynamoDB runs in. It ends, with its database closed, when its parent lets go of it or
 * is gone. Killed, it loses nothing: every write is one LevelDB batch.
 */

function isLocked(error: unknown): boolean {
  return systemCode(error) === "LEVEL_LOCKED" || (error instanceof Error && !!error.cause && isLocked(error.cause));
}

function problemOf(error: unknown): FromDynamoDb {
  if (isLocked(error)) return { problem: "folder-in-use" };
  if (systemCode(error) === "EADDRINUSE") return { problem: "port-taken" };
  return { problem: "other", text: toError(error).message };
}

function tell(message: FromDynamoDb): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });
}

async function serve({ dir, port }: { dir?: string; port: number }): Promise<void> {
  let store: Store | undefined;
  makeWritesAtomic((made) => {
    store = made;
  });
  if (dir) mkdirSync(dir, { recursive: true });
  const server = dynalite({ ...(dir && { path: dir }), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  // dynalite opens the folder with its first request; whether it can is to be known now.
  await store?.db.open();
  if (store) await finishTables(store.db);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`listens on ${address}`);
  process.once("disconnect", () => void closeServer(server).then(() => process.exit()));
  await tell({ endpoint: `http://${LOOPBACK}:${address.port}` });
}

// Only the parent says when to go; a terminal's Ctrl-C or a `kill` of the whole group is not for the database.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

try {
  await serve(JSON.parse(process.env.ANAMO_DYNAMODB ?? '{"port":0}') as { dir?: string; port: number });
} catch (error) {
  await tell(problemOf(error));
  process.exit(1);
}

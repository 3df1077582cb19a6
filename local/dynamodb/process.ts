import { mkdirSync } from "node:fs";
import dynalite from "dynalite";
import type { Store } from "dynalite/db/index.js";
import { systemCode, toError, UsageError } from "../../lib/errors.ts";
import { closeServer, listenOnLoopback } from "../loopback.ts";
import { makeWritesAtomic } from "../patches/atomic-writes.ts";
import { finishTables } from "../patches/finish-tables.ts";
import { outliveClients } from "../patches/outlive-clients.ts";

/*
 * The child process in which dynalite runs, forked by `local/dynamodb.ts`. It closes its database and ends when its
 * parent disconnects or dies. If it is killed it loses nothing: every write is one LevelDB batch.
 */

/** The message to the parent process. A `usage` problem is one that the user can fix. */
export type FromDynamoDb = { endpoint: string } | { problem: "usage" | "other"; text: string };

function isLocked(error: unknown): boolean {
  return systemCode(error) === "LEVEL_LOCKED" || (error instanceof Error && !!error.cause && isLocked(error.cause));
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
  outliveClients(server);
  // dynalite opens the folder at its first request; open it now to find out whether it can.
  await store?.db.open().catch((error) => {
    throw isLocked(error) ? new UsageError(`${dir} is in use by another embedded DynamoDB`, { cause: error }) : error;
  });
  if (store) await finishTables(store.db);
  const endpoint = await listenOnLoopback(server, port);
  process.once("disconnect", () => void closeServer(server).then(() => process.exit()));
  await tell({ endpoint });
}

// Only the parent ends the database. Ignore a terminal's Ctrl-C and a `kill` of the whole process group.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

try {
  await serve(JSON.parse(process.env.ANAMO_DYNAMODB ?? '{"port":0}') as { dir?: string; port: number });
} catch (error) {
  await tell({ problem: error instanceof UsageError ? "usage" : "other", text: toError(error).message });
  process.exit(1);
}

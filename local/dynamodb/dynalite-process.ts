import { mkdirSync } from "node:fs";
import dynalite from "dynalite";
import conditions from "dynalite/db/conditionParser.js";
import type { Store } from "dynalite/db/index.js";
import updates from "dynalite/db/updateParser.js";
import { systemCode, UsageError } from "../../lib/errors.ts";
import { closeServer, listenOnLoopback } from "../loopback.ts";
import { answerSooner } from "../patches/answer-sooner.ts";
import { makeWritesAtomic } from "../patches/atomic-writes.ts";
import { easeReads } from "../patches/ease-reads.ts";
import { finishTables } from "../patches/finish-tables.ts";
import { outliveClients } from "../patches/outlive-clients.ts";
import { rememberExpressions } from "../patches/remember-expressions.ts";
import { type DatabaseOptions, runDatabase } from "./child.ts";

/* The child process that is dynalite. Killing it loses nothing: every write is one LevelDB batch. */

function isLocked(error: unknown): boolean {
  return systemCode(error) === "LEVEL_LOCKED" || (error instanceof Error && !!error.cause && isLocked(error.cause));
}

// dynalite calls url.parse() for unusual requests; outside node_modules, as in a bundle, Node.js would print a warning
process.noDeprecation = true;

async function serve({ dir, port }: DatabaseOptions) {
  let store: Store | undefined;
  makeWritesAtomic((made) => {
    store = made;
    easeReads(made.db);
  });
  if (dir) mkdirSync(dir, { recursive: true });
  const server = dynalite({ ...(dir && { path: dir }), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  outliveClients(server);
  if (store) answerSooner(server, store);
  for (const parser of [conditions, updates]) rememberExpressions(parser);
  // dynalite opens the folder at its first request; open it now to find out whether that works.
  await store?.db.open().catch((error) => {
    throw isLocked(error) ? new UsageError(`${dir} is in use by another embedded DynamoDB`, { cause: error }) : error;
  });
  if (store) await finishTables(store.db);
  return { endpoint: await listenOnLoopback(server, port), close: () => closeServer(server) };
}

await runDatabase(serve);

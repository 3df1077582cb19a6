import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { workerCommand } from "../../cli/worker-command.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { startStack } from "../../local/stack.ts";
import { type ItemToAdd, Workflow } from "../../workflow/index.ts";
import { type AnamoResult, anamo } from "./anamo.ts";
import { claimAs } from "./items.ts";
import { startScalingServer } from "./scaling-server.ts";
import { testFolder } from "./worker.ts";

/** What a test that follows one of PyAnamo's pages needs: its own embedded stack, and ways to use it. */
export interface Session {
  /** variables that point the SDK to the stack, and to a stand-in for Application Auto Scaling */
  env: Readonly<Record<string, string>>;
  folder: string;
  /** an instance of the class, on the table `Testing` */
  workflow: Workflow;
  /** runs `anamo` */
  run(...args: string[]): Promise<AnamoResult>;
  /** runs `anamo` with `--json` and returns the document that it prints; throws if the exit code is not 0 */
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows the command; schemas are checked elsewhere
  json(...args: string[]): Promise<any>;
  table(name: string): Table;
  /** writes a file into the folder and returns its path */
  write(name: string, text: string): Promise<string>;
}

/** The stack's bucket. Its table, into which the import function imports, is `Testing`, as on the pages. */
export const BUCKET = "somename";

/** Starts a session, which ends with the test. */
export async function startSession(): Promise<Session> {
  const folder = await testFolder();
  const dir = join(folder, "stack");
  const stack = await startStack({ dir, table: "Testing", bucket: BUCKET, workerCommand: workerCommand() });
  onTestFinished(() => stack.close(0));
  const env = { ...stack.env, ...(await startScalingServer()).env };
  const workflow = new Workflow({ table: "Testing", region: "us-east-1", env });
  const client = dynamoClient(env);
  onTestFinished(() => {
    workflow.close();
    client.destroy();
  });
  const run: Session["run"] = (...args) => anamo(args, { cwd: folder, env });
  return {
    env,
    folder,
    workflow,
    run,
    json: async (...args) => {
      const { exitCode, stdout, stderr } = await run(...args, "--json");
      if (exitCode !== 0) throw new Error(`anamo ${args.join(" ")}: exit code ${exitCode}\n${stdout}${stderr}`);
      return JSON.parse(stdout);
    },
    table: (name) => openTable(name, client),
    write: async (name, text) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
  };
}

/** Creates a table with these items, which a page assumes to exist. */
export async function fillTable({ env }: Session, table: string, items: readonly ItemToAdd[]): Promise<void> {
  const workflow = new Workflow({ table, env });
  await workflow.createTable();
  for (const item of items) await workflow.add(item);
  workflow.close();
}

/** Creates a table with these items, and has a worker run all of them. */
export async function workTable(session: Session, table: string, items: readonly ItemToAdd[]): Promise<void> {
  await fillTable(session, table, items);
  const { exitCode, stderr } = await session.run("work", "-t", table, "-b", BUCKET, "-i", "2", "-n", "4");
  if (exitCode !== 0 || stderr !== "") throw new Error(`the worker ended with ${exitCode}: ${stderr}`);
}

/** Locks an item as a job that Batch no longer knows. */
export async function lockByForgotten(table: Table, itemID: string): Promise<void> {
  const claimed = await claimAs(table, itemID, "its lock", { instance: randomUUID(), jobAttempt: 1 });
  if (!claimed.won) throw new Error(`${itemID} could not be claimed`);
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { SubmitJobCommand } from "@aws-sdk/client-batch";
import { HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import type { Env } from "../../lib/aws-config.ts";
import { batchClient } from "../../lib/batch-client.ts";
import { addItem } from "../../lib/changes/add.ts";
import { claim } from "../../lib/claims/claim.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { UsageError } from "../../lib/errors.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { ATTR } from "../../lib/store/attributes.ts";
import { readRow } from "../../lib/store/read-row.ts";
import { rowToItem } from "../../lib/store/rows.ts";
import { ITEM_ROW } from "../../lib/store/schema.ts";
import { readSettings } from "../../lib/store/settings.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { JOB_DEFINITION, JOB_QUEUE, readStackFile, type StackOptions, startStack } from "../../local/stack.ts";
import { SOON } from "./soon.ts";

const SLEEPS = ["sh", "-c", 'echo "worker $$"; setsid sleep 600 & wait'];

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-stack-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

const optionsOn = (dir: string, more: Partial<StackOptions> = {}): StackOptions => ({
  dir,
  table: "workflow",
  bucket: "bucket",
  workerCommand: SLEEPS,
  maxRunning: 2,
  ...more,
});

async function start(dir: string, more: Partial<StackOptions> = {}) {
  const stack = await startStack(optionsOn(dir, more));
  onTestFinished(() => stack.close(0));
  return stack;
}

function tableOf(env: Env): Table {
  const client = dynamoClient(env);
  onTestFinished(() => client.destroy());
  return openTable("workflow", client);
}

async function itemOf(table: Table, itemId: string) {
  const row = await readRow(table, { [ATTR.itemId]: itemId, [ATTR.taskKey]: ITEM_ROW });
  return row && rowToItem(row);
}

async function addLocked(table: Table, itemId: string, instance: string): Promise<void> {
  await addItem(table, { itemId, taskId: "sample", step: "align", script: "true" });
  const claimant = { instance, jobAttempt: 1, leaseMs: 3_600_000 };
  expect(await claim(table, { itemId, step: "align" }, claimant, "a lock")).toMatchObject({ won: true });
}

async function submit(env: Env, size?: number): Promise<string> {
  const client = batchClient(env);
  onTestFinished(() => client.destroy());
  const { jobId } = await client.send(
    new SubmitJobCommand({
      jobName: "workers",
      jobQueue: JOB_QUEUE,
      jobDefinition: JOB_DEFINITION,
      ...(size && { arrayProperties: { size } }),
    }),
  );
  return jobId ?? "";
}

/** Processes marked as part of the stack on `dir`. */
function processesOf(dir: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const isDead = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
      return !isDead && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`ANAMO_LOCAL_STACK=${dir}\0`);
    } catch {
      return false;
    }
  });
}

test("a stack has a table with settings and a bucket, and publishes its address in its folder", async () => {
  const dir = await folder();
  const stack = await start(dir);
  expect((await readSettings(tableOf(stack.env))).shards).toBe(4);
  const s3 = s3Client(stack.env);
  onTestFinished(() => s3.destroy());
  await s3.send(new HeadBucketCommand({ Bucket: "bucket" }));
  expect(await readStackFile(dir)).toEqual({ pid: process.pid, table: "workflow", bucket: "bucket", env: stack.env });
  const endpoints = Object.entries(stack.env).filter(([name]) => name.startsWith("AWS_ENDPOINT_URL_"));
  expect(endpoints.map(([, url]) => new URL(url).hostname)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
  await Promise.all([stack.close(), stack.close()]);
  expect(await readStackFile(dir)).toBeUndefined();
  expect((await readdir(dir)).sort()).toEqual(["dynamodb", "events", "s3"]);
  expect(processesOf(dir)).toEqual([]);
});

test("a file put into the bucket is imported, and its items survive a restart", async () => {
  const dir = await folder();
  const stack = await start(dir);
  const s3 = s3Client(stack.env);
  onTestFinished(() => s3.destroy());
  const Body = "\nitemID|TaskID|TaskScript\n1|sample é|echo hi\n";
  await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "imports/align/a file.txt", Body }));
  await stack.functions.settled();
  expect(await stack.functions.invoke("summarize")).toBeTypeOf("object");
  await stack.close();
  const again = await start(dir);
  expect(await itemOf(tableOf(again.env), "1")).toMatchObject({ taskId: "sample é", step: "align", state: "todo" });
});

test("when a worker is killed, the reconcile function frees the items of its job", async () => {
  const stack = await start(await folder());
  const table = tableOf(stack.env);
  const jobId = await submit(stack.env, 2);
  const logOf = (index: number) => join(stack.logDir, JOB_DEFINITION, jobId, String(index), "1.log");
  const pidOf = (index: number) => {
    const log = existsSync(logOf(index)) ? readFileSync(logOf(index), "utf8") : "";
    return /^worker (\d+)$/m.exec(log)?.[1];
  };
  await expect.poll(() => [pidOf(0), pidOf(1)], SOON).not.toContain(undefined);
  await addLocked(table, "of the killed one", `${jobId}:1`);
  await addLocked(table, "of the other", `${jobId}:0`);
  process.kill(Number(pidOf(1)), "SIGKILL");
  await expect.poll(async () => (await itemOf(table, "of the killed one"))?.state, SOON).not.toBe("locked");
  expect((await itemOf(table, "of the other"))?.state).toBe("locked");
});

test("a second stack on the folder is told who uses it, and does not disturb the first", async () => {
  const dir = await folder();
  const stack = await start(dir);
  const second = startStack(optionsOn(dir));
  await expect(second).rejects.toThrow(UsageError);
  await expect(second).rejects.toThrow(`${dir} is in use by process ${process.pid}`);
  expect((await readSettings(tableOf(stack.env))).shards).toBe(4);
});

test("a stack that cannot start unlocks the folder and leaves nothing running", async () => {
  const dir = await folder();
  const failing = startStack(
    optionsOn(dir, {
      handlers: () => {
        throw new Error("no handlers");
      },
    }),
  );
  await expect(failing).rejects.toThrow("no handlers");
  expect(processesOf(dir)).toEqual([]);
  await start(dir);
});

/** Starts a stack in its own process, so that the test can kill it; resolves when it is up. */
async function startElsewhere(dir: string): Promise<{ child: ChildProcess; env: Env; stderr: () => string }> {
  const script = `
    import { startStack } from ${JSON.stringify(join(import.meta.dirname, "../../local/stack.ts"))};
    const stack = await startStack(${JSON.stringify(optionsOn(dir))});
    console.log(JSON.stringify(stack.env));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const printed: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  const stderr = () => Buffer.concat(printed).toString();
  for await (const line of createInterface(child.stdout)) return { child, env: JSON.parse(line) as Env, stderr };
  throw new Error(`no stack: ${stderr()}`);
}

test("the next stack after a kill ends the leftover processes and frees the items of the old jobs", async () => {
  const dir = await folder();
  const first = await startElsewhere(dir);
  const jobId = await submit(first.env, 2);
  await addLocked(tableOf(first.env), "1", `${jobId}:0`);
  await expect.poll(() => processesOf(dir).length, SOON).toBeGreaterThanOrEqual(5);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  expect(await readStackFile(dir)).toBeUndefined();
  const stack = await start(dir);
  expect(await itemOf(tableOf(stack.env), "1")).not.toHaveProperty("lock");
  expect(await readStackFile(dir)).toMatchObject({ pid: process.pid });
  // the database of the new stack
  expect(processesOf(dir)).toHaveLength(1);
  expect(first.stderr()).toBe("");
});

test("of several stacks that start at once on a dead stack's folder, one gets it", async () => {
  const dir = await folder();
  const first = await startElsewhere(dir);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const started = await Promise.allSettled([start(dir), start(dir), start(dir)]);
  expect(started.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
  for (const result of started) if (result.status === "rejected") expect(result.reason).toBeInstanceOf(UsageError);
});

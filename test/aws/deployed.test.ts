import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
} from "@aws-sdk/client-batch";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import type { Env } from "../../lib/aws-config.ts";
import { batchClient } from "../../lib/batch-client.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { DeployedStack } from "../support/emulators/deployed-stack.ts";
import { batchEvent } from "../support/events.ts";
import { readText } from "../support/imports.ts";
import { itemNow } from "../support/items.ts";
import { linesOf, testFolder } from "../support/worker.ts";
import { startWorker } from "../support/worker-process.ts";

/* What `sls deploy` creates on MiniStack. docs/emulators.md says what that proves, and what it does not. */

const SOON = { timeout: 60_000, interval: 100 };
const SLOW = 600_000;
const FUNCTIONS = ["import", "summarize", "reconcile", "sweep", "launch"];
const QUEUE = "arn:aws:batch:us-east-1:000000000000:job-queue/align";
const HEAD = "itemID|TaskID|TaskScript";

let stack: DeployedStack;
/** environment of a worker, with the permissions of a job */
let jobEnv: Record<string, string>;

beforeAll(async () => {
  // MiniStack creates no Batch resources from a template; moto does, see batch-half.test.ts
  const params = [`jobQueue=${QUEUE}`, "jobDefinition=align-worker", "maxImports=2"];
  stack = await DeployedStack.deploy(inject("awsRunDir"), params, makeQueue);
  jobEnv = await stack.jobEnv();
}, SLOW);

afterAll(() => stack?.close());

test.each(FUNCTIONS)("the deployed code of %s is the bundle that sls packaged", async (name) => {
  const bundle = await readFile(join(stack.service.dir, `.serverless/${name}.zip`));
  expect(await stack.configuration(name)).toMatchObject({
    Runtime: "nodejs24.x",
    CodeSha256: createHash("sha256").update(bundle).digest("base64"),
  });
});

describe("a task file dropped into the bucket", () => {
  test("starts workers for its items", async () => {
    const rows = Array.from({ length: 25 }, (_, n) => `W${n}|s|true`).join("\n");
    await stack.import("waiting", "some.txt", `${HEAD}\n${rows}\n`);
    const batch = batchClient(stack.env);
    onTestFinished(() => batch.destroy());
    await vi.waitFor(async () => {
      const { jobSummaryList } = await batch.send(new ListJobsCommand({ jobQueue: QUEUE, jobStatus: "SUCCEEDED" }));
      expect(jobSummaryList).toMatchObject([{ jobName: "anamo-anamo-dev" }]);
    }, SOON);
    // MiniStack ends these jobs at once and does not report how many there were
    expect(await stack.invoke("launch")).toMatchObject({ launched: 3, counted: { waiting: 25, running: 0 } });
    expect(await startWorker({ env: { ...jobEnv, ANAMO_STEPS: "waiting" } }).ended).toBe(0);
  });

  test("is imported by the deployed function, run by workers here, and counted by the deployed summary", async () => {
    const rows = ["A|s1|echo hello", "B|s1|exit 3", "C|s2|seq 3000"].join("\n");
    const report = await stack.import("align", "run 1.txt", `${HEAD}\n${rows}\n`);
    expect(report).toMatchObject({ status: "imported", imported: 3, rejected: 0 });

    const workers = ["1", "2"].map(() =>
      startWorker({ env: { ...jobEnv, ANAMO_STEPS: "align", ANAMO_MAX_ATTEMPTS: "1" } }),
    );
    for (const { ended } of workers) expect(await ended).toBe(0);
    expect(await itemNow(stack.table, "A")).toMatchObject({ state: "done" });
    expect(await itemNow(stack.table, "B")).toMatchObject({ state: "failed", outcome: { exitCode: 3 } });
    const { state, outcome } = await itemNow(stack.table, "C");
    expect(state).toBe("done");
    expect(await readText(stack.s3, stack.output("BucketName"), outcome?.logKeys?.stdout ?? "")).toBeDefined();

    const summary = JSON.parse(await stack.sls("invoke", "-f", "summarize"));
    expect(summary).toMatchObject({ table: "anamo-dev", steps: { align: { items: { done: 2, failed: 1 } } } });
    const latest = await readText(stack.s3, stack.output("BucketName"), "progress/latest.json");
    expect(JSON.parse(latest ?? "")).toEqual(summary);
  });

  test("is imported in as many parts as needed, each started by the note that the part before left", async () => {
    // With less time than an import reserves for its end, it stops after every row. MiniStack does not count such
    // rounds. Lambda ends them after 16 unless the function allows recursion, which serverless.test.ts checks.
    onTestFinished(() => stack.configure("import", { Timeout: 900 }));
    await stack.configure("import", { Timeout: 60 });
    const rows = Array.from({ length: 20 }, (_, n) => `P${n}|s|echo ${n}`).join("\n");
    const report = await stack.import("parts", "long.txt", `${HEAD}\n${rows}\n`);
    expect(report).toMatchObject({ status: "imported", imported: 20, parts: 21 });
  });

  test("beside 11 others is imported by two calls at once, as maxImports says, and none is lost", async () => {
    const files = Array.from({ length: 12 }, (_, n) => `f${n}.txt`);
    const put = (file: string) => stack.put(`imports/many/${file}`, `${HEAD}\n${file}|s|true\n`);
    await Promise.all(files.map(put));
    const Bucket = stack.output("BucketName");
    await vi.waitFor(async () => {
      for (const file of files) {
        expect(await readText(stack.s3, Bucket, `reports/imports/many/${file}.json`), file).toContain('"imported"');
      }
    }, SOON);
    expect(await stack.failedEvents()).toEqual([]);
    expect(await startWorker({ env: { ...jobEnv, ANAMO_STEPS: "many" } }).ended).toBe(0);
  });

  test("that is broken gets a report, and no event fails", async () => {
    expect(await stack.import("broken", "no-columns.txt", "hello\nworld\n")).toMatchObject({
      status: "rejected",
      imported: 0,
      message: expect.stringContaining("itemID"),
    });
    const some = await stack.import("broken", "some.txt", `${HEAD}\nok|s|echo\n|s|no id\n`);
    expect(some).toMatchObject({ status: "imported", imported: 1, rejected: 1 });
    const rejected = await readText(stack.s3, stack.output("BucketName"), some.rejectedKey ?? "");
    expect(rejected).toBe(`${HEAD}\n|s|no id\n`);
    expect(await stack.failedEvents()).toEqual([]);
  });

  test("whose import keeps failing leaves its event in the queue of failed events, from which it can be repeated", async () => {
    const { Environment } = await stack.configuration("import");
    onTestFinished(() => stack.configure("import", { Environment }));
    // is delivered again at once, five times in total
    const Variables = { ...Environment.Variables, ANAMO_TABLE: "gone", ANAMO_RETRY_SECONDS: "0" };
    await stack.configure("import", { Environment: { Variables } });
    await stack.put("imports/later/late.txt", `${HEAD}\nL|s|echo\n`);
    const failed = await vi.waitFor(async () => {
      const [event] = await stack.failedEvents();
      expect(event).toMatchObject({ Records: [{ s3: { object: { key: "imports/later/late.txt" } } }] });
      return event;
    }, SOON);
    await stack.configure("import", { Environment });
    const again = await stack.sls("invoke", "-f", "import", "-d", JSON.stringify(failed));
    expect(JSON.parse(again)).toMatchObject({ files: [{ status: "imported", counts: { imported: 1 } }] });
  });
});

describe("a dead worker", () => {
  test("has its items released by the event of its Batch job, and another worker does them", async () => {
    const folder = await testFolder();
    // the first attempt never ends
    const script = `echo on >>${folder}/on; [ "$ATTEMPT" -gt 1 ] || sleep 600`;
    await stack.import("dying", "two.txt", `itemID\tTaskID\tTaskScript\nX\ts\t${script}\nY\ts\t${script}\n`);
    const event = await batchEvent("spot-reclaim", { jobQueue: QUEUE });
    const env = { ...jobEnv, ANAMO_STEPS: "dying", ANAMO_ITEMS: "2" };
    const dying = startWorker({ env: { ...env, AWS_BATCH_JOB_ID: event.detail.jobId, AWS_BATCH_JOB_ATTEMPT: "1" } });
    await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(2), SOON);
    dying.child.kill("SIGKILL");
    await dying.ended;
    expect(await itemNow(stack.table, "X")).toMatchObject({ state: "locked" });

    await stack.rule("reconcile").tell(event);
    await vi.waitFor(async () => expect(await itemNow(stack.table, "X")).toMatchObject({ state: "todo" }), SOON);
    await vi.waitFor(async () => expect(await itemNow(stack.table, "Y")).toMatchObject({ state: "todo" }), SOON);
    expect(await startWorker({ env }).ended).toBe(0);
    for (const id of ["X", "Y"]) {
      // the host was reclaimed, so this costs no attempt
      expect(await itemNow(stack.table, id)).toMatchObject({ state: "done", failures: 0, attempt: 2 });
    }
  });

  test("without a Batch job has its items released by the deployed sweep once their lease is over", async () => {
    const folder = await testFolder();
    await stack.import("leased", "one.txt", `itemID\tTaskID\tTaskScript\nZ\ts\techo on >>${folder}/on; sleep 600\n`);
    const dying = startWorker({ env: { ...jobEnv, ANAMO_STEPS: "leased", ANAMO_LEASE_SECONDS: "3" } });
    await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), SOON);
    dying.child.kill("SIGKILL");
    await dying.ended;
    await vi.waitFor(async () => {
      expect(await stack.invoke("sweep")).toMatchObject({ byReason: { leaseOver: 1 } });
    }, SOON);
    expect(await itemNow(stack.table, "Z")).toMatchObject({ state: "todo", failures: 0, losses: 1 });
  });

  test("whose job was in someone else's queue does not start reconcile", async () => {
    const rule = stack.rule("reconcile");
    const ours = await batchEvent("job-failed", { jobQueue: QUEUE });
    expect(await rule.takes(ours)).toBe(true);
    const others = await batchEvent("job-failed", { jobQueue: `${QUEUE}-of-others` });
    expect(await rule.takes(others)).toBe(false);
    expect(await rule.takes({ ...ours, "detail-type": "ECS Task State Change" })).toBe(false);
    expect(await rule.takes(await batchEvent("job-failed", { status: "RUNNING" }))).toBe(false);
  });
});

test("a job may write to data/, but not to imports/", async () => {
  const asJob = s3Client(jobEnv);
  onTestFinished(() => asJob.destroy());
  const object = { Bucket: stack.output("BucketName"), Key: "imports/align/by-a-job.txt", Body: HEAD };
  await expect(asJob.send(new PutObjectCommand(object))).rejects.toThrow(/not authorized to perform: s3:PutObject/);
  await asJob.send(new PutObjectCommand({ ...object, Key: "data/result.txt" }));
});

test("sls remove keeps the table and the bucket, and removes the functions", async () => {
  await stack.sls("remove");
  await expect(stack.configuration("import")).rejects.toThrow("ResourceNotFoundException");
  expect(await itemNow(stack.table, "A")).toMatchObject({ state: "done" });
  expect(await readText(stack.s3, stack.output("BucketName"), "progress/latest.json")).toBeDefined();
});

/** Creates a queue and a job definition, as a lab may have before it deploys. */
async function makeQueue(env: Env): Promise<void> {
  const batch = batchClient(env);
  const computeEnvironmentName = "hosts";
  await batch.send(new CreateComputeEnvironmentCommand({ computeEnvironmentName, type: "UNMANAGED" }));
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment: computeEnvironmentName }];
  await batch.send(new CreateJobQueueCommand({ jobQueueName: "align", priority: 1, computeEnvironmentOrder }));
  const containerProperties = { image: "anamo" };
  const definition = { jobDefinitionName: "align-worker", type: "container" as const, containerProperties };
  await batch.send(new RegisterJobDefinitionCommand(definition));
  batch.destroy();
}

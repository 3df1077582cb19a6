import { randomUUID } from "node:crypto";
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { createImportHandler } from "../functions/import.ts";
import { createLaunchHandler } from "../functions/launch.ts";
import { createReconcileHandler } from "../functions/reconcile.ts";
import { createSummarizeHandler } from "../functions/summarize.ts";
import { createSweepHandler } from "../functions/sweep.ts";
import type { Env } from "../lib/aws-config.ts";
import { addMember } from "../lib/changes/add-member.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { ATTR } from "../lib/store/attributes.ts";
import { itemKey } from "../lib/store/keys.ts";
import { putMembers } from "../lib/store/members.ts";
import { ITEM_ROW } from "../lib/store/schema.ts";
import { SETTING } from "../lib/store/settings.ts";
import { changeSettings } from "../lib/store/settings-row.ts";
import { updateRow } from "../lib/store/write-row.ts";
import { openTable, type Table } from "../lib/table.ts";
import { batchServer } from "./support/batch-server.ts";
import { dynamoLine, type Fate } from "./support/dynamo-line.ts";
import { testBucket, testEnv, testTable } from "./support/env.ts";
import { batchEvent } from "./support/events.ts";
import { addItems, claimAs, newItem } from "./support/items.ts";
import { ALLOWED } from "./support/roles.ts";
import { testWorker } from "./support/worker.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";

describe("each function and the worker use exactly the DynamoDB and Batch actions that their roles allow:", () => {
  test("import", async () => {
    // delete an item, once, while its tasks are being written: the import then reads it
    let isDeleted = false;
    const { env, seen } = await watchedTable(async (operation, { db, name }) => {
      if (operation !== "PutItem" || isDeleted) return;
      const Key = { itemID: "deleted", taskKey: ITEM_ROW };
      const { Attributes } = await db.send(new DeleteCommand({ TableName: name, Key, ReturnValues: "ALL_OLD" }));
      isDeleted = Attributes !== undefined;
    });
    const { s3, bucket } = testBucket();
    const file = `roles-${randomUUID()}/samples.txt`;
    onTestFinished(async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
      const mine = Contents.filter(({ Key }) => Key?.includes(file));
      await Promise.all(mine.map(({ Key }) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
    });
    const step = file.split("/")[0] ?? "";
    await waitFor(openTable(env.ANAMO_TABLE, dynamoClient(testEnv())), { step, taskId: "s" });
    const handler = createImportHandler(env);
    const rows = [
      "itemID|TaskID|TaskScript|TaskArgs",
      "plain|s|echo 1|",
      "nested|s|echo|a,b",
      "deleted|s|echo|a,b",
    ].join("\n");
    for (const onDuplicate of ["skip", "reset", "fail"]) {
      const Metadata = { "on-duplicate": onDuplicate };
      const Key = `imports/${file}`;
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: `${rows}\n${onDuplicate}|s|echo|`, Metadata }));
      await handler({ Records: [{ s3: { bucket: { name: bucket }, object: { key: Key } } }] } as never);
    }
    expectAllowed("ImportRole", seen);
  });

  test("summarize", async () => {
    const { env, seen } = await watchedTable();
    // which is not true, so it corrects this
    const table = openTable(env.ANAMO_TABLE, dynamoClient(testEnv()));
    await changeSettings(table, { set: { [SETTING.atRestSinceMs]: 0 } });
    await createSummarizeHandler(env)({});
    expectAllowed("SummarizeRole", seen);
  });

  test("reconcile", async () => {
    const { env, seen } = await watchedTable();
    await createReconcileHandler(env)(await batchEvent("job-failed"));
    expectAllowed("ReconcileRole", seen);
  });

  test("sweep", async () => {
    const { env, seen } = await watchedTable();
    const endpoint = await batchListener(seen);
    await createSweepHandler({ ...env, AWS_ENDPOINT_URL_BATCH: endpoint, ANAMO_JOB_QUEUE: "queue" })({});
    expectAllowed("SweepRole", seen);
  });

  test("launch", async () => {
    const { env, seen } = await watchedTable();
    const table = openTable(env.ANAMO_TABLE, dynamoClient(testEnv()));
    await addItems(table, [newItem("waits")]);
    const endpoint = await batchListener(seen);
    const batch = { AWS_ENDPOINT_URL_BATCH: endpoint, ANAMO_JOB_QUEUE: "queue", ANAMO_JOB_DEFINITION: "worker" };
    const handler = createLaunchHandler({ ...env, ...batch });
    expect(await handler({})).toMatchObject({ launched: 1 });
    // now there is a job to describe
    await handler({});
    expectAllowed("LaunchRole", seen);
  });

  test("a worker", async () => {
    // delete an item, once, just before the worker writes that its only task has ended
    let isDeleted = true;
    const { env, seen } = await watchedTable(async (operation, { db, name }) => {
      if (operation !== "PutItem" || isDeleted) return;
      isDeleted = true;
      await db.send(new DeleteCommand({ TableName: name, Key: { itemID: "deleted", taskKey: ITEM_ROW } }));
    });
    const table = openTable(env.ANAMO_TABLE, dynamoClient(env));
    await addItems(table, [
      newItem("deleted", { step: "first", scripts: ["true"] }),
      newItem("fails", { script: "exit 3", maxAttempts: 2 }),
      newItem("nested", { scripts: ["true", "true", "exit 1"] }),
      newItem("long", { script: `: ${"x".repeat(5_000)}` }),
    ]);
    await putMembers(table, [newItem("long")], 16);
    await waitFor(table, { step: "default", taskId: "sample of long" });
    seen.clear();
    isDeleted = false;
    const { worker: first } = await testWorker(table, { steps: ["first"] });
    expect(await first.run()).toMatchObject({ ended: { "lease-lost": 1 } });
    const { worker } = await testWorker(table);
    await worker.run();
    expectAllowed("JobRole", seen);
  });
});

/** A table with a locked item whose lease has expired. `seen` collects the operations called on it from now on. */
async function watchedTable(
  before: (operation: string, table: Table) => Promise<void> = async () => {},
): Promise<{ env: Env & { ANAMO_TABLE: string }; seen: Set<string> }> {
  const table = await testTable({ shards: 16 }); // as on AWS
  await addMember(table, newItem("R1", { maxAttempts: 1 }));
  // lost or interrupted once more, it fails, and the items that wait for it are evaluated
  const changes = { set: { [ATTR.losses]: 5, [ATTR.interruptions]: 20 } };
  await updateRow(table, itemKey("R1"), { changes });
  await waitFor(table, { step: "default", taskId: "sample of R1" });
  await claimAs(table, "R1", "lock", { instance: JOB, jobAttempt: 1, leaseMs: -60_000 });
  const seen = new Set<string>();
  const endpoint = await dynamoLine(async (operation): Promise<Fate> => {
    seen.add(`dynamodb:${operation}`);
    await before(operation, table);
    return "carry";
  });
  return { env: { ...testEnv(), ANAMO_TABLE: table.name, AWS_ENDPOINT_URL_DYNAMODB: endpoint }, seen };
}

/** Items that wait for a sample and for the whole of a step, and an old member row of an item that was deleted. */
async function waitFor(table: Table, { step, taskId }: { step: string; taskId: string }): Promise<void> {
  await addMember(table, newItem(`one waits for ${taskId} in ${step}`, { step: "waits", taskId, after: [step] }));
  await addMember(table, newItem(`all wait for ${step}`, { step: "waits", afterAll: [step], allowFailed: "1" }));
  await putMembers({ ...table, now: () => 0 }, [{ itemId: "deleted long ago", taskId, step }], 16);
}

/** A Batch that lists no jobs and accepts every submission; adds the operations called to `seen`. */
function batchListener(seen: Set<string>): Promise<string> {
  const actions: Readonly<Record<string, readonly [string, unknown]>> = {
    "/v1/describejobs": ["DescribeJobs", { jobs: [] }],
    "/v1/listjobs": ["ListJobs", { jobSummaryList: [] }],
    "/v1/submitjob": ["SubmitJob", { jobId: JOB, jobName: "workers" }],
  };
  return batchServer((_body, path) => {
    const [action = path, json = {}] = actions[path] ?? [];
    seen.add(`batch:${action}`);
    return { status: 200, json };
  });
}

function expectAllowed(role: keyof typeof ALLOWED, seen: ReadonlySet<string>): void {
  const grants: Partial<Record<string, readonly string[]>> = ALLOWED[role];
  const allowed = new Set(
    Object.values(grants).flatMap((actions = []) => actions.filter((a) => /^(dynamodb|batch):/.test(a))),
  );
  expect([...seen].toSorted()).toEqual([...allowed].toSorted());
}

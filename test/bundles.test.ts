import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Env } from "../lib/aws-config.ts";
import { testBucket, testEnv, testTable } from "./support/env.ts";
import { batchEvent } from "./support/events.ts";
import { addItems, claimAs, itemNow, newItem } from "./support/items.ts";
import { madeOf } from "./support/made-of.ts";
import { TEST_BUCKET } from "./support/servers.ts";
import { ServiceCopy } from "./support/sls.ts";
import { unzip } from "./support/zip.ts";

const JOB = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8";
const QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/anamo-prod";
const SLOW = 120_000;

let service: ServiceCopy;

beforeAll(async () => {
  service = await ServiceCopy.make();
  await service.package([`jobQueue=${QUEUE}`, "jobDefinition=align-worker:3"], ["--stage", "prod"]);
  await mkdir(join(service.dir, "unpacked"));
}, SLOW);

afterAll(() => service.remove());

test("the stage and the parameters reach the template", async () => {
  const { Resources } = madeOf(await service.template());
  expect(Resources.Table?.Properties.TableName).toBe("anamo-prod");
  expect(JSON.stringify(Resources)).toContain(':job-queue/anamo-prod"}]');
  expect(Resources.SweepLambdaFunction?.Properties.Environment).toMatchObject({
    Variables: { ANAMO_JOB_QUEUE: QUEUE },
  });
});

describe("a bundle, alone in a Node.js process,", () => {
  test.each(["import", "summarize", "reconcile", "sweep", "launch"])(
    "%s: loads without printing anything and exports a handler",
    async (name) => {
      // Lambda rejects handlers with a third parameter, a callback
      const { stdout, stderr } = await run(name, "console.log(typeof handler, handler.length)");
      expect([stdout, stderr]).toEqual(["function 2\n", ""]);
    },
  );

  test("reconcile: releases the items of a failed job", async () => {
    const { table, env } = await lockedItem();
    const event = JSON.stringify(await batchEvent("job-failed"));
    const { stdout } = await run("reconcile", `handler(${event}).then((r) => console.log(JSON.stringify(r)))`, env);
    expect(JSON.parse(stdout)).toMatchObject({ jobId: JOB, freed: ["R1"] });
    expect((await itemNow(table, "R1")).state).toBe("todo");
  });

  test("keeps the names of error classes although it is minified", async () => {
    const code = "handler({}).catch((e) => console.log(e.name, e.constructor.name))";
    expect((await run("reconcile", code)).stdout).toBe("BatchEventError BatchEventError\n");
  });
});

test.each(["import", "summarize", "reconcile", "sweep", "launch"])("the bundle of %s is under 1 MB", async (name) => {
  const [bundle] = unzip(await readFile(join(service.dir, `.serverless/${name}.zip`))).values();
  expect(bundle?.length).toBeLessThan(1_000_000);
});

describe("sls invoke local works on the local stack that its variables name", () => {
  test(
    "summarize",
    async () => {
      const { table, env } = await lockedItem();
      const { stdout } = await service.sls(["invoke", "local", "-f", "summarize"], env);
      expect(JSON.parse(stdout)).toMatchObject({ table: table.name, items: { locked: 1 } });
    },
    SLOW,
  );

  test(
    "import",
    async () => {
      const { table, env } = await lockedItem();
      const key = `imports/bundles-${randomUUID()}/samples.txt`;
      const { s3 } = testBucket();
      await s3.send(
        new PutObjectCommand({ Bucket: TEST_BUCKET, Key: key, Body: "itemID|TaskID|TaskScript\nA|s|echo" }),
      );
      onTestFinished(async () => {
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: TEST_BUCKET }));
        const mine = Contents.filter(({ Key }) => Key?.includes(key.split("/")[1] ?? key));
        await Promise.all(mine.map(({ Key }) => s3.send(new DeleteObjectCommand({ Bucket: TEST_BUCKET, Key }))));
      });
      const recorded = await readFile(join(service.dir, "events/s3-put.json"), "utf8");
      const event = recorded.replaceAll("anamo-dev-bucket", TEST_BUCKET).replace("imports/align/samples.txt", key);
      await writeFile(join(service.dir, "events/mine.json"), event);
      const { stdout } = await service.sls(["invoke", "local", "-f", "import", "-p", "events/mine.json"], env);
      expect(JSON.parse(stdout)).toMatchObject({ files: [{ status: "imported", counts: { imported: 1 } }] });
      expect(await itemNow(table, "A")).toMatchObject({ state: "todo", taskId: "s" });
    },
    SLOW,
  );
});

/** Runs code that can use `handler`, in a folder that holds only unpacked bundles. */
async function run(name: string, code: string, env: Env = {}) {
  const [bundle] = unzip(await readFile(join(service.dir, `.serverless/${name}.zip`))).values();
  const file = join(service.dir, "unpacked", `${name}.cjs`);
  await writeFile(file, bundle ?? "");
  const script = `const { handler } = require(${JSON.stringify(file)}); ${code}`;
  const { NODE_COMPILE_CACHE } = process.env;
  return promisify(execFile)(process.execPath, ["-e", script], {
    cwd: join(service.dir, "unpacked"),
    env: { NODE_COMPILE_CACHE, ...env },
  });
}

async function lockedItem() {
  const table = await testTable();
  await addItems(table, [newItem("R1")]);
  await claimAs(table, "R1", "lock", { instance: JOB, jobAttempt: 1 });
  return { table, env: { ...testEnv(), ANAMO_TABLE: table.name } };
}

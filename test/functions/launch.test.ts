import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { createLaunchHandler } from "../../functions/launch.ts";
import { LaunchEventError } from "../../functions/launch-event.ts";
import { ConfigError } from "../../lib/errors.ts";
import { countWorkers, workerJobs } from "../../lib/jobs/worker-jobs.ts";
import { drain } from "../../lib/settings/drain.ts";
import { setup } from "../local/batch-support.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { targetOn } from "../support/launches.ts";

/** The function, 25 waiting items, and how many workers it has started. */
async function deployed(more: Readonly<Record<string, string>> = {}) {
  const table = await testTable();
  await addItems(
    table,
    Array.from({ length: 25 }, (_, n) => newItem(`S${n}`)),
  );
  const { batch, client } = await setup();
  const env = {
    ...testEnv(),
    ANAMO_TABLE: table.name,
    AWS_ENDPOINT_URL_BATCH: batch.endpoint,
    ANAMO_JOB_QUEUE: "queue",
    ANAMO_JOB_DEFINITION: "sleeper",
    ANAMO_ITEMS_PER_WORKER: "5",
    ...more,
  };
  const started = async () => {
    const { running, waiting } = countWorkers(await workerJobs(targetOn(client), table.name));
    return running + waiting;
  };
  return { table, handler: createLaunchHandler(env), started };
}

async function recorded(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`../../events/${name}.json`, import.meta.url), "utf8"));
}

/** What Lambda sends to the function when another has answered. */
const answer = (responsePayload: unknown) => ({
  version: "1.0",
  timestamp: "2026-11-30T12:00:00.000Z",
  requestContext: { requestId: "1", functionArn: "arn:…:reconcile", condition: "Success", approximateInvokeCount: 1 },
  requestPayload: {},
  responseContext: { statusCode: 200, executedVersion: "$LATEST" },
  responsePayload,
});

const withKey = async (key: string) => {
  const event = (await recorded("s3-report")) as { Records: [{ s3: { object: { key: string } } }] };
  event.Records[0].s3.object.key = key;
  return event;
};

describe("it starts workers", () => {
  test.each([
    ["on its schedule", "schedule", 5],
    ["when an import has written its report", "s3-report", 5],
    ["when it is invoked for a number of them", "launch-workers", 5],
  ])("%s", async (_when, event, workers) => {
    const { handler, started } = await deployed();
    expect(await handler(await recorded(event))).toMatchObject({ launched: workers });
    expect(await started()).toBe(workers);
  });

  test("when a worker's job has ended and work is left: reconcile's answer, which Lambda hands on", async () => {
    const { table, handler, started } = await deployed();
    const ended = { jobId: "job", status: "SUCCEEDED", freed: [], failed: [], left: 0 };
    expect(await handler(answer({ ...ended, status: "RUNNABLE" }))).toMatchObject({ launched: 0 });
    expect(await handler(answer({ ...ended, skipped: "array parent" }))).toMatchObject({ launched: 0 });
    expect(await handler(answer({ ...ended, terminated: true }))).toMatchObject({ launched: 0 });
    expect(await handler(answer({ locked: 3, freed: 0, failed: 0 }))).toMatchObject({ launched: 0 });
    expect(await started()).toBe(0);
    // what the worker released before it ended, and others that end at the same time
    const answers = await Promise.all([ended, { ...ended, status: "FAILED" }].map((one) => handler(answer(one))));
    expect(answers.map(({ launched }) => launched).toSorted()).toEqual([0, 5]);
    expect(await started()).toBe(5);
    await drain(table, "me");
    expect(await handler(answer(ended))).toMatchObject({ launched: 0, limit: "draining" });
  });

  test("when the sweep has freed or released something; not with ANAMO_LAUNCH_AFTER_JOBS=no, nor without work", async () => {
    const { handler } = await deployed();
    expect(await handler(answer({ locked: 3, freed: 2, failed: 0 }))).toMatchObject({ launched: 5 });
    const never = await deployed({ ANAMO_LAUNCH_AFTER_JOBS: "no" });
    expect(await never.handler(answer({ locked: 0, freed: 0, waiting: 1 }))).toMatchObject({ launched: 0 });
    const idle = await deployed({ ANAMO_TABLE: (await testTable()).name });
    const report = await idle.handler(answer({ jobId: "job", status: "SUCCEEDED", freed: [] }));
    expect(report).toMatchObject({ launched: 0, limit: "work", why: "no items are waiting" });
    expect(report).not.toHaveProperty("counted");
  });

  test("according to its variables: items per worker, and the maximum of workers", async () => {
    const { handler, started } = await deployed({ ANAMO_ITEMS_PER_WORKER: "2", ANAMO_MAX_WORKERS: "3" });
    expect(await handler({})).toMatchObject({ launched: 3, limit: "cap", itemsPerWorker: 2, maxWorkers: 3 });
    expect(await handler({ workers: 5 })).toMatchObject({ launched: 0, limit: "cap" });
    expect(await started()).toBe(3);
  });

  test("once for events that come together", async () => {
    const { handler, started } = await deployed();
    const answers = await Promise.all([handler({}), handler(await recorded("s3-report")), handler(undefined)]);
    expect(answers.map(({ launched }) => launched).toSorted()).toEqual([0, 0, 5]);
    expect(await started()).toBe(5);
  });
});

test.each([
  ["the notes between the parts of an import", "reports/imports/a.txt.parts/1.entries.txt"],
  ["rejected rows with such a name", "reports/imports/a.txt.parts/rows.json"],
  ["rejected rows", "reports/imports/align/samples.rejected.txt"],
  ["a task file", "imports/align/tasks.json"],
])("%s start nothing", async (_what, key) => {
  const { handler, started } = await deployed();
  expect(await handler(await withKey(key))).toEqual({ launched: 0, skipped: "no report of an import" });
  expect(await started()).toBe(0);
});

test("through SQS and EventBridge, an import's report starts workers", async () => {
  const { handler } = await deployed();
  const body = JSON.stringify(await recorded("s3-report"));
  expect(await handler({ Records: [{ messageId: "m", body }] })).toMatchObject({ launched: 5 });
  const object = { key: "reports/imports/align/a.txt.json" };
  const bridged = { "detail-type": "Object Created", detail: { bucket: { name: "b" }, object } };
  expect(await handler(bridged)).toMatchObject({ launched: 0, limit: "enough" });
});

test("a record without a key is an error that names the field", async () => {
  const { handler } = await deployed();
  await expect(handler({ Records: [{ s3: { bucket: { name: "b" } } }] })).rejects.toThrow(
    "Records[0].s3.object: expected an object, found nothing",
  );
});

test("while the table is drained it starts nothing, and the drain stays", async () => {
  const { table, handler, started } = await deployed();
  await drain(table, "ada@lab");
  expect(await handler({})).toMatchObject({ launched: 0, limit: "draining", draining: { by: "ada@lab" } });
  expect(await started()).toBe(0);
});

test.each([
  [{ workers: 0 }, "workers"],
  [{ workers: "5" }, "workers"],
  [{ worker: 5 }, "the event"],
  ["five", "the event"],
])("%j is refused, and what is wrong is named", async (event, named) => {
  const { handler } = await deployed();
  await expect(handler(event)).rejects.toThrow(LaunchEventError);
  await expect(handler(event)).rejects.toThrow(`{"workers": 5}; ${named}: `);
});

test.each(["ANAMO_JOB_QUEUE", "ANAMO_JOB_DEFINITION"])(
  "without %s it says that the variable is missing",
  async (name) => {
    const { handler } = await deployed({ [name]: "" });
    await expect(handler({})).rejects.toThrow(ConfigError);
    await expect(handler({})).rejects.toThrow(`${name}: expected `);
  },
);

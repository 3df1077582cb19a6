import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { NOTE_KEY } from "../../functions/note-object.ts";
import { createSummarizeHandler } from "../../functions/summarize.ts";
import { toReset } from "../../lib/changes/reset.ts";
import { complete } from "../../lib/claims/complete.ts";
import { fail } from "../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import type { Table } from "../../lib/table.ts";
import { changedOne } from "../support/changes.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";
import { noteBucket, snsServer } from "../support/note-bucket.ts";

const TOPIC = "arn:aws:sns:us-east-1:123456789012:anamo-lab-progress";

/** The summarize function of a table with two items in two steps, its bucket and its topic. */
async function service(more: Record<string, string> = {}) {
  const [table, bucket, sns] = [await testTable(), await noteBucket(), await snsServer()];
  await addItems(table, [newItem("S1-align", { step: "align", taskId: "S1" }), newItem("S1-call", { step: "call" })]);
  const env = {
    ...testEnv(),
    ANAMO_TABLE: table.name,
    ANAMO_BUCKET: "lab",
    ANAMO_TOPIC: TOPIC,
    AWS_ENDPOINT_URL_S3: bucket.endpoint,
    AWS_ENDPOINT_URL_SNS: sns.endpoint,
    ...more,
  };
  return { table, bucket, sns, env, summarize: createSummarizeHandler(env) };
}

async function end(table: Table, itemId: string, exitCode = 0): Promise<void> {
  const claimed = await claimAs(table, itemId, randomUUID());
  if (!claimed.won) throw new Error(`${itemId} is not to be had`);
  if (exitCode === 0) await complete(table, claimed.item, {});
  else await fail(table, claimed.item, { cause: "exit", exitCode }, POLICY);
}

const POLICY = { ...DEFAULT_POLICY, maxAttempts: 1 };

test("summarize tells the topic what is new, once, without names of items and samples", async () => {
  const { table, bucket, sns, summarize } = await service();
  await summarize({});
  expect(sns.published).toEqual([]);
  await end(table, "S1-align", 3);
  // two events at the same time, and another: each of them may be delivered more than once
  await Promise.all([summarize({}), summarize({})]);
  await summarize({});
  expect(sns.published).toHaveLength(1);
  const [sent = new URLSearchParams()] = sns.published;
  const subject = `anamo ${table.name}: align has failures, align finished`;
  expect(Object.fromEntries(sent)).toMatchObject({
    Action: "Publish",
    TopicArn: TOPIC,
    Subject: subject,
    MessageStructure: "json",
    "MessageAttributes.entry.1.Name": "event",
    "MessageAttributes.entry.1.Value.StringValue": '["step-failing","step-finished"]',
  });
  const { default: text, https, lambda } = JSON.parse(sent.get("Message") ?? "") as Record<string, string>;
  expect(text).toContain("Step align has a failed item: script failed, exit code 3.\n  anamo items --state failed");
  expect(sent.get("Message")).not.toContain("S1");
  expect(JSON.parse(https ?? "")).toMatchObject({ version: "1.0", source: "custom", content: { title: subject } });
  expect(JSON.parse(lambda ?? "")).toMatchObject({ event: "step-failing", table: table.name });

  // nothing new costs one read of the note
  const before = bucket.requestsFor(NOTE_KEY).length;
  await summarize({});
  expect(bucket.requestsFor(NOTE_KEY).slice(before)).toEqual([`GET ${NOTE_KEY}`]);
  // a reset makes it news again
  await changedOne(table, "S1-align", toReset());
  await end(table, "S1-align");
  await end(table, "S1-call");
  await summarize({});
  expect(sns.published.map((one) => one.get("Subject")).slice(1)).toEqual([
    `anamo ${table.name}: all done, align finished, call finished`,
  ]);
});

test("a topic that cannot be reached fails the function after the summary is written; the next look tries again", async () => {
  const { table, bucket, sns, summarize } = await service();
  await end(table, "S1-align");
  sns.state.isUp = false;
  await expect(summarize({})).rejects.toThrow("the notification could not be sent: Topic does not exist");
  expect(JSON.parse(String(bucket.objects.get("progress/latest.json")))).toMatchObject({ items: { done: 1 } });
  sns.state.isUp = true;
  await summarize({});
  expect(sns.published.map((one) => one.get("Subject"))).toEqual([`anamo ${table.name}: align finished`]);
});

test("without a topic nothing is noted; with metrics=steps there are metrics by step and cause, and how long work waits", async () => {
  const off = await service({ ANAMO_TOPIC: "" });
  await off.summarize({});
  expect(off.bucket.requestsFor(NOTE_KEY)).toEqual([]);

  const { table, env, sns } = await service({ ANAMO_TOPIC: "", ANAMO_METRICS: "steps" });
  await end(table, "S1-align", 3);
  const lines: Record<string, unknown>[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(JSON.parse(String(line))) > 0);
  const inLambda = { ...env, AWS_LAMBDA_FUNCTION_NAME: "f", ANAMO_LOG_LEVEL: "SILENT" };
  const summarize = createSummarizeHandler(inLambda);
  await summarize({}, { awsRequestId: "1" });
  await summarize({}, { awsRequestId: "2" }).finally(() => spy.mockRestore());
  expect(sns.published).toEqual([]);
  const by = (name: string, value: string) => lines.filter((line) => line[name] === value).at(-1);
  expect(by("step", "align")).toMatchObject({ table: table.name, ItemsTodo: 0, ItemsFailed: 1, ItemsPerHour: 0 });
  expect(by("step", "call")).toMatchObject({ service: "summarize", ItemsTodo: 1, ItemsBlocked: 0 });
  expect(by("cause", "exit")).toMatchObject({ ItemsFailed: 1 });
  const { ReadySeconds } = lines.findLast((line) => "ReadySeconds" in line) as { ReadySeconds: number };
  expect(ReadySeconds).toBeGreaterThan(0);
  expect(ReadySeconds).toBeLessThan(600);
});

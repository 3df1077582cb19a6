import { DeleteObjectCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LATEST_SUMMARY } from "../../functions/latest-summary.ts";
import { createSummarizeHandler } from "../../functions/summarize.ts";
import { drain } from "../../lib/settings/drain.ts";
import { FailureWatch } from "../../lib/settings/failure-watch.ts";
import { pauseStep } from "../../lib/settings/pause-step.ts";
import type { Table } from "../../lib/table.ts";
import { testBucket, testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";

test("it returns the summary and writes it to the bucket, as the latest and under its date", async () => {
  const table = await testTable();
  await addItems(table, [newItem("a"), newItem("b"), newItem("c", { step: "call" })]);
  await claimAs(table, "a", "lock", { instance: "host/1" });
  const summary = await createSummarizeHandler({ ...testEnv(), ANAMO_TABLE: table.name })({});
  expect(summary).toMatchObject({ table: table.name, items: { todo: 2, locked: 1, done: 0, failed: 0, held: 0 } });

  const { s3, bucket } = testBucket();
  const dated = `progress/${summary.at.slice(0, 10)}/${summary.at.slice(11, 19).replaceAll(":", "-")}Z.json`;
  for (const Key of [LATEST_SUMMARY, dated]) {
    const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    expect(JSON.parse((await Body?.transformToString()) ?? "")).toEqual(summary);
    expect(ContentType).toBe("application/json");
    onTestFinished(async () => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
  }
});

test("an event with options that it does not have is an error", async () => {
  const handler = createSummarizeHandler({});
  await expect(handler({ step: "align" })).rejects.toThrow(
    'expected an event of the schedule, or {}: this function takes no options; found {"step":"align"}',
  );
});

describe("its metrics", () => {
  const metrics = async (prepare: (table: Table) => Promise<unknown>) => {
    const table = await testTable();
    await addItems(table, [newItem("a"), newItem("b"), newItem("c", { step: "call" })]);
    await prepare(table);
    let printed = "";
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((line) => {
      printed += line;
      return true;
    });
    const env = { ...testEnv(), ANAMO_TABLE: table.name, AWS_LAMBDA_FUNCTION_NAME: "f", ANAMO_LOG_LEVEL: "SILENT" };
    await createSummarizeHandler(env)({}, { awsRequestId: "1" }).finally(() => spy.mockRestore());
    return JSON.parse(printed) as Record<string, unknown>;
  };

  test("count every waiting item", async () => {
    expect(await metrics(async () => {})).toMatchObject({ ItemsTodo: 3, ItemsWaiting: 3, StepsPaused: 0 });
  });

  test("do not count items of paused steps as waiting", async () => {
    const pause = (table: Table) => pauseStep(table, "call", { by: "ann" });
    expect(await metrics(pause)).toMatchObject({ ItemsTodo: 3, ItemsWaiting: 2, StepsPaused: 0 });
  });

  test("count nothing as waiting while the table is drained", async () => {
    const drained = (table: Table) => drain(table, "ann");
    expect(await metrics(drained)).toMatchObject({ ItemsTodo: 3, ItemsWaiting: 0 });
  });

  test("count the steps paused by failures", async () => {
    const fail = async (table: Table) => {
      const watch = new FailureWatch(table, { after: 1, share: 1 }, "a worker");
      const claimed = await claimAs(table, "a", "lock");
      if (!claimed.won) throw new Error("a is not to be had");
      await watch.failed(claimed.item, { cause: "exit", exitCode: 127 });
    };
    expect(await metrics(fail)).toMatchObject({ StepsPaused: 1, ItemsWaiting: 1 });
  });
});

test("without a bucket it names the variable", async () => {
  const handler = createSummarizeHandler({ ...testEnv(), ANAMO_TABLE: "a-table", ANAMO_BUCKET: undefined });
  await expect(handler({})).rejects.toThrow("ANAMO_BUCKET: expected the name of the bucket, found nothing");
});

import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { longestRepeatMs, writeSummary } from "../../functions/latest-summary.ts";
import { toDelete } from "../../lib/changes/delete-items.ts";
import { complete } from "../../lib/claims/complete.ts";
import { summarize } from "../../lib/progress/summarize.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { readSettings, SETTING } from "../../lib/store/settings.ts";
import { changeSettings } from "../../lib/store/settings-row.ts";
import { closeServer, listenOnLoopback } from "../../local/loopback.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { changedOne } from "../support/changes.ts";
import { stoppedClock, testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";

const HOUR_MS = 3_600_000;

/** A separate bucket, because others also write the newest summary. */
async function bucketServer() {
  const objects = new Map<string, Buffer>();
  const metadata = new Map<string, Record<string, string>>();
  const server = createServer(async (request, reply) => {
    const key = (request.url ?? "").split("?")[0] ?? "";
    if (request.method === "PUT") {
      const headers = Object.entries(request.headers).filter(([name]) => name.startsWith("x-amz-meta-"));
      metadata.set(key, Object.fromEntries(headers) as Record<string, string>);
      objects.set(key, await buffer(request));
      return void reply.end();
    }
    const found = objects.get(key);
    // as AWS answers a function that may not list the bucket
    if (!found) return void reply.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
    reply.writeHead(200, metadata.get(key)).end(found);
  });
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { endpoint, objects };
}

test("the summary of a table at rest reads one entry of each partition, until something changes or a day is over", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const { endpoint, objects } = await bucketServer();
  const s3 = s3Client({ ...testEnv(), AWS_ENDPOINT_URL_S3: endpoint });
  onTestFinished(() => s3.destroy());
  const ids = Array.from({ length: 60 }, (_, n) => `S${n}`);
  await addItems(
    table,
    ids.map((id) => newItem(id)),
  );
  for (const id of ids) {
    const claimed = await claimAs(table, id, "lock");
    if (claimed.won) await complete(table, claimed.item, {});
    clock.advance(1_000);
  }
  const look = async () => ({ summary: await summarize(table), page: "" });
  /** What is written this many hours later, and whether everything was read again. */
  const summaryAfter = async (hours: number) => {
    clock.advance(hours * HOUR_MS);
    const { summary, isRepeated } = await writeSummary({ table, s3, bucket: "lab" }, look);
    const written = JSON.parse(objects.get("/lab/progress/latest.json")?.toString() ?? "");
    expect(written).toEqual(summary);
    expect(summary.at).toBe(new Date(clock.now()).toISOString());
    return [summary.items.done, isRepeated ? "repeated" : "anew"];
  };
  // throughput counts what was done within a day
  expect(await summaryAfter(1)).toEqual([60, "anew"]);
  expect(await summaryAfter(23)).toEqual([60, "anew"]);
  expect(await summaryAfter(3)).toEqual([60, "anew"]);
  expect(await summaryAfter(1)).toEqual([60, "repeated"]);
  const dated = [...objects.keys()].filter((key) => key.startsWith("/lab/progress/2"));
  expect(dated).toHaveLength(3);
  // everything is still read once a day
  expect(await summaryAfter(24)).toEqual([60, "anew"]);
  expect(await summaryAfter(1)).toEqual([60, "repeated"]);
  // an old item is deleted: that shows at once, and a day later the table is at rest again
  await changedOne(table, "S0", toDelete());
  await changeSettings(table, { set: { [SETTING.deletedAtMs]: clock.now() } });
  expect(await summaryAfter(1)).toEqual([59, "anew"]);
  expect(await summaryAfter(26)).toEqual([59, "anew"]);
  expect(await summaryAfter(1)).toEqual([59, "repeated"]);
  // an item that waits
  await addItems(table, [newItem("T")]);
  expect(await summaryAfter(1)).toEqual([59, "anew"]);
});

test("a person's delete leaves a mark, a dry run of it does not", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const workflow = new Workflow({ table: table.name, bucket: "lab", env: testEnv() });
  await workflow.delete("A", { dryRun: true });
  expect((await readSettings(table)).deletedAtMs).toBeUndefined();
  await workflow.delete("A");
  expect((await readSettings(table)).deletedAtMs).toBeGreaterThan(Date.now() - 60_000);
  workflow.close();
});

test("the more items, the longer a summary is repeated: a month of reading them all costs the same from 3 million on", () => {
  const days = [0, 1e6, 3e6, 9e6].map((items) => longestRepeatMs(items) / (24 * HOUR_MS));
  expect(days).toEqual([1, 1, 1, 3]);
});

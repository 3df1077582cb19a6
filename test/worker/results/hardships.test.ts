import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { openResults } from "../../../lib/results/open.ts";
import type { WorkerContext } from "../../../worker/context.ts";
import type { Publisher, ResultRun } from "../../../worker/results/publisher.ts";
import type { Room } from "../../../worker/results/room.ts";
import { S3Publisher } from "../../../worker/results/s3-publisher.ts";
import { stageResult } from "../../../worker/results/stage-result.ts";
import { stoppedClock, testBucket, testTable } from "../../support/env.ts";
import { addItems, itemNow, newItem } from "../../support/items.ts";
import { testFolder, testWorker } from "../../support/worker.ts";

const item = (itemId: string, script: string) =>
  newItem(itemId, { script, taskId: "S1", step: "align", maxAttempts: 1 });

test("a large file goes to S3 in several parts, and arrives as it was", async () => {
  const table = await testTable();
  const { s3, bucket } = testBucket();
  const sent: (string | undefined)[] = [];
  s3.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        sent.push(commandName);
        return next(args);
      },
    { step: "initialize" },
  );
  const place = { bucket, prefix: `r-${table.name}` };
  const openS3 = async () => s3;
  const publisher = new S3Publisher(place, { openS3, table, insist: (_, call) => call() });
  const contents = randomBytes(12_000_000);
  const out = await testFolder();
  await writeFile(join(out, "big"), contents);
  const owner = { step: "align", taskId: "S1", itemId: "a" };
  const run: ResultRun = { ...owner, attempt: 1, lockId: "lock" };
  const staged = await publisher.stage({ run, out, nowMs: 0, signal: new AbortController().signal });
  await staged?.publish();
  expect(sent.filter((name) => name === "UploadPartCommand")).toHaveLength(2);
  const { results } = staged ?? {};
  if (!results) throw new Error("nothing was staged");
  const store = await openResults(place, openS3);
  const arrived = await buffer(await store.open({ ...owner, results }, "big"));
  // toEqual would compare 12 million elements one by one, which takes half a minute
  expect(arrived.equals(contents)).toBe(true);
});

test.each([
  { ends: "within 12 s counts", afterMs: 11_000, cause: undefined },
  { ends: "later gives the item back", afterMs: 12_000, cause: "interrupted" },
])("an upload that a worker has to end because of SIGTERM: one that ends $ends", async ({ afterMs, cause }) => {
  const clock = stoppedClock();
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const publisher: Partial<Publisher> = {
    stage: async ({ signal }) => {
      signal.addEventListener("abort", () => ended.reject(new Error("aborted")));
      begun.resolve();
      await ended.promise;
      return { publish: async () => {}, discard: async () => {} };
    },
  };
  const openPublisher = async () => publisher as Publisher;
  const { timers, now } = clock;
  const context = {
    timers,
    stop: stop.signal,
    openResults: openPublisher,
    room: NO_ROOM,
    options: {},
    table: { now },
    bucket: "b",
  };
  const run: ResultRun = { step: "align", taskId: "S1", itemId: "a", attempt: 1, lockId: "lock" };
  const lease = new AbortController().signal;
  const staged = stageResult(context as unknown as WorkerContext, {
    run,
    out: "/out",
    outcome: { exitCode: 0 },
    lease,
  });
  await begun.promise;
  clock.advance(60_000);
  stop.abort();
  clock.advance(afterMs);
  ended.resolve();
  expect((await staged).outcome.cause).toBe(cause);
  expect((await staged).staged !== undefined).toBe(cause === undefined);
});

/** never finds anything to remove */
const NO_ROOM: Partial<Room> = { forCall: (call) => call() };

const canMount =
  process.getuid?.() === 0 && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

// needs root, to mount a small disk
test.runIf(canMount)(
  "a result that its disk has no room for fails the attempt, keeps the log, and leaves nothing there",
  async () => {
    const disk = mkdtempSync(join(tmpdir(), "anamo-full-test-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", disk]).status).toBe(0);
    onTestFinished(() => {
      expect(spawnSync("umount", [disk]).status).toBe(0);
      rmdirSync(disk);
    });
    const [table, results] = [await testTable(), join(disk, "results")];
    const kept = await testFolder();
    await mkdir(results);
    await writeFile(join(kept, "big"), Buffer.alloc(5_000_000));
    await addItems(table, [
      item("a", `echo printed; ln -s ${kept}/big "$OUT/big"`),
      item("b", 'echo b > "$OUT/b"'),
      item("c", 'head -c 5000000 /dev/zero > "$OUT/big"'),
    ]);
    const { worker } = await testWorker(table, { results: { folder: results } });
    await worker.run();
    const { state, outcome } = await itemNow(table, "a");
    expect({ state, log: outcome?.log?.stdout }).toEqual({ state: "failed", log: "printed\n" });
    expect(outcome?.message).toMatch(
      /^its result could not be published: the disk of \S+\/results is full \(ENOSPC\): /,
    );
    expect(outcome?.message).toMatch(/: 5,004,096 bytes needed, [12],\d{3},\d{3} free$/);
    expect((await itemNow(table, "c")).outcome?.message).toBe(`the disk of ${results} is full`);
    expect((await itemNow(table, "b")).state).toBe("done");
    expect(readdirSync(results)).toEqual(["align"]);
  },
);

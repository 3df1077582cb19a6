import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { fail } from "../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import { summarize } from "../../lib/progress/summarize.ts";
import type { Fate } from "../support/dynamo-line.ts";
import { stoppedClock, testBucket, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../support/items.ts";
import { tableOverLine } from "../support/lost-reply.ts";
import { linesOf, testFolder, testWorker } from "../support/worker.ts";

test("a worker does all items and ends when there is nothing left", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(
    table,
    Array.from({ length: 12 }, (_, n) =>
      newItem(`S${n}`, { script: `echo S${n} >>${folder}/out; echo said; echo warned >&2` }),
    ),
  );
  const { worker } = await testWorker(table, { items: 3 });
  expect(await worker.run()).toEqual({ reason: "empty", claimed: 12, ended: { done: 12 } });
  expect((await linesOf(join(folder, "out"))).sort()).toEqual(Array.from({ length: 12 }, (_, n) => `S${n}`).sort());
  expect((await summarize(table)).items).toEqual({ waiting: 0, todo: 0, locked: 0, done: 12, failed: 0, held: 0 });
  expect((await itemNow(table, "S3")).outcome).toMatchObject({
    exitCode: 0,
    log: { stdout: "said\n", stderr: "warned\n" },
    logBytes: 12,
  });
});

test("a script gets its ids, the pipeline's folder, and a clean folder that is removed afterwards", async () => {
  const table = await testTable();
  const folder = await testFolder();
  const script = 'echo "$ITEM_ID|$TASK_ID|$TASK_KEY|$STEP|$ATTEMPT|$PIPELINE|$PYANAMO|${PATH%%:*}"; ls -A | wc -l; pwd';
  await addItems(table, [newItem("a 'b' $c/..", { step: "call", taskId: "sample 1", script })]);
  const { worker } = await testWorker(table, { pipelineDir: folder, scratchDir: join(folder, "scratch") });
  await worker.run();
  const { outcome } = await itemNow(table, "a 'b' $c/..");
  const [who, files, where = ""] = outcome?.log?.stdout.split("\n") ?? [];
  expect(who).toBe(`a 'b' $c/..|sample 1|Task_0|call|1|${folder}|${folder}|${folder}`);
  expect(Number(files)).toBe(0);
  expect(where.startsWith(join(folder, "scratch"))).toBe(true);
  expect(await readdir(join(folder, "scratch"))).toEqual([]);
});

test("an item that fails is retried after a pause, and stays failed when its attempts are used up", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [
    newItem("never", { script: `echo try >>${folder}/never; echo why >&2; exit 3`, maxAttempts: 2 }),
    newItem("second", { script: `echo try >>${folder}/second; [ "$ATTEMPT" = 2 ]` }),
  ]);
  const { worker } = await testWorker(table);
  expect(await worker.run()).toMatchObject({ ended: { done: 1, failed: 1, todo: 2 } });
  expect(await linesOf(join(folder, "never"))).toHaveLength(2);
  expect(await itemNow(table, "never")).toMatchObject({
    state: "failed",
    failures: 2,
    outcome: { cause: "exit", exitCode: 3, log: { stderr: "why\n" } },
  });
  expect(await itemNow(table, "second")).toMatchObject({ state: "done", attempt: 2, failures: 1 });
  expect((await itemNow(table, "second")).outcome?.cause).toBeUndefined();
});

test("an item's time-out ends its script and everything that the script started", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [
    newItem("slow", {
      script: `echo begun; (sleep 600; echo late >>${folder}/late) & wait`,
      timeoutMs: 300,
      maxAttempts: 1,
    }),
  ]);
  const { worker } = await testWorker(table);
  await worker.run();
  expect(await itemNow(table, "slow")).toMatchObject({ state: "failed", outcome: { cause: "timeout" } });
  expect(await linesOf(join(folder, "late"))).toEqual([]);
});

test("a worker that is told to stop releases its items at once, without using up an attempt", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const folder = await testFolder();
  await addItems(table, [newItem("long", { script: `echo on >>${folder}/on; sleep 600` }), newItem("next")]);
  const { worker, events } = await testWorker(table, { steps: ["default"] }, clock.timers);
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  worker.stop("SIGTERM");
  // the clock stands still, so it waits for no timer
  expect((await run).reason).toBe("stopped");
  expect(await itemNow(table, "long")).toMatchObject({ state: "todo", failures: 0, interruptions: 1, attempt: 1 });
  expect((await itemNow(table, "long")).readyAtMs).toBeUndefined();
  expect(events.map((event) => event.kind)).toContain("worker:stopping");
});

test("a worker whose item was taken away stops the script and writes nothing", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const folder = await testFolder();
  await addItems(table, [newItem("taken", { script: `echo on >>${folder}/on; sleep 600` })]);
  const { worker, events } = await testWorker(table, { leaseMs: 60_000 }, clock.timers);
  const run = worker.run();
  await vi.waitFor(async () => expect(await linesOf(join(folder, "on"))).toHaveLength(1), 60_000);
  const item = await itemNow(table, "taken");
  await fail(table, item, { cause: "lost" }, { ...DEFAULT_POLICY, maxLosses: 0 });
  clock.advance(20_000);
  expect(await run).toMatchObject({ ended: { "lease-lost": 1 } });
  expect(await itemNow(table, "taken")).toMatchObject({ state: "failed", outcome: { cause: "lost" } });
  expect(events.filter((event) => event.kind === "item:lease-lost")).toHaveLength(1);
});

test("100 nested tasks with 2 kB of output each get done; after an interruption only the remaining ones run", async () => {
  const table = await testTable();
  const folder = await testFolder();
  const script = (n: number) => `echo ${n} >>${folder}/ran; head -c 2000 /dev/urandom | base64 -w0 | head -c 2000`;
  await addItems(table, [newItem("N", { scripts: Array.from({ length: 100 }, (_, n) => script(n)) })]);
  const first = await testWorker(table, { nested: 2 });
  const run = first.worker.run();
  await vi.waitFor(async () => expect((await linesOf(join(folder, "ran"))).length).toBeGreaterThan(25), 60_000);
  first.worker.stop("SIGTERM");
  await run;
  const half = await itemNow(table, "N");
  expect(half).toMatchObject({ state: "todo", interruptions: 1 });
  expect(half.tasksDone).toBe(100 - (await openTasksNow(table, "N")).length);
  const ranBefore = (await linesOf(join(folder, "ran"))).length;
  const second = await testWorker(table, { nested: 2 });
  expect(await second.worker.run()).toMatchObject({ ended: { done: 1 } });
  const ran = await linesOf(join(folder, "ran"));
  expect(new Set(ran).size).toBe(100);
  expect(ran.length - ranBefore).toBe(100 - half.tasksDone);
  expect(await itemNow(table, "N")).toMatchObject({ state: "done", tasksDone: 100 });
});

test("a retry of a nested item runs only the tasks that failed", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [
    newItem("N", {
      scripts: [`echo 0 >>${folder}/ran`, `echo 1 >>${folder}/ran; [ $ATTEMPT = 2 ]`, `echo 2 >>${folder}/ran`],
    }),
  ]);
  const { worker } = await testWorker(table);
  await worker.run();
  expect((await linesOf(join(folder, "ran"))).sort()).toEqual(["0", "1", "1", "2"]);
  expect(await itemNow(table, "N")).toMatchObject({ state: "done", failures: 1, attempt: 2 });
});

test("a long log is stored in the bucket as a whole, and its tail on the row", async () => {
  const table = await testTable();
  const { s3, bucket } = testBucket();
  await addItems(table, [newItem(`log/${table.name}`, { script: "seq 100000; printf 'PyAnamo:\\treads\\t12\\n'" })]);
  const { worker } = await testWorker(table);
  await worker.run();
  const { outcome } = await itemNow(table, `log/${table.name}`);
  expect(outcome?.log?.stdout).toMatch(/100000\nPyAnamo:\treads\t12\n$/);
  expect(outcome?.log?.tagged).toEqual(["reads\t12"]);
  const key = outcome?.logKeys?.stdout;
  expect(key).toBe(`logs/default/log%2F${table.name}/Task_0/1.log.gz`);
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const whole = gunzipSync((await object.Body?.transformToByteArray()) ?? new Uint8Array()).toString();
  expect(whole.split("\n")).toHaveLength(100_002);
});

test("with ten items and three workers each item runs once, and few claims are lost", async () => {
  let claims = 0;
  let lost = 0;
  for (let round = 0; round < 8; round++) {
    const table = await testTable({ shards: 4 }); // like the embedded stack
    const folder = await testFolder();
    await addItems(
      table,
      [7, 22, 5, 14, 25, 7, 12, 10, 24, 9].map((n, at) =>
        newItem(`${at}-VC`, { script: `seq ${n} >/dev/null; echo ${at} >>${folder}/ran; sleep 0.0${n}` }),
      ),
    );
    const crew = await Promise.all(
      [0, 1, 2].map((index) => testWorker(table, { instance: `job:${index}`, share: { index, size: 3 } })),
    );
    const reports = await Promise.all(crew.map(({ worker }) => worker.run()));
    claims += reports.reduce((sum, report) => sum + report.claimed, 0);
    lost += crew.flatMap(({ events }) => events).filter((event) => event.kind === "claim:lost").length;
    expect((await linesOf(join(folder, "ran"))).sort()).toEqual(Array.from({ length: 10 }, (_, n) => String(n)).sort());
  }
  expect(claims).toBe(80);
  expect(lost / claims).toBeLessThanOrEqual(0.05);
});

test("a worker that waits takes items added later, until it is told to stop", async () => {
  const table = await testTable();
  await addItems(table, [newItem("first")]);
  const { worker } = await testWorker(table, { whenEmpty: "wait" });
  const run = worker.run();
  await vi.waitFor(async () => expect((await itemNow(table, "first")).state).toBe("done"), 60_000);
  await addItems(table, [newItem("later")]);
  await vi.waitFor(async () => expect((await itemNow(table, "later")).state).toBe("done"), 60_000);
  worker.stop("SIGTERM");
  expect(await run).toMatchObject({ reason: "stopped", claimed: 2 });
  expect((await summarize(table)).items.done).toBe(2);
});

test("at the end of its wall time a worker releases its items and claims nothing more", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  await addItems(table, [newItem("long", { script: "sleep 600" }), newItem("longer", { script: "sleep 600" })]);
  const { worker, events } = await testWorker(table, { wallTimeMs: 400 }, clock.timers);
  const run = worker.run();
  await vi.waitFor(() => expect(events.map(({ kind }) => kind)).toContain("item:claimed"), 60_000);
  clock.advance(399);
  expect(events.map(({ kind }) => kind)).not.toContain("worker:stopping");
  clock.advance(1);
  expect(await run).toMatchObject({ reason: "wall-time", claimed: 1, ended: { todo: 1 } });
});

test("a worker continues with a nested item when reading its tasks fails once", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [newItem("N", { scripts: [`echo 0 >>${folder}/ran`] })]);
  // the first look for work succeeds, the first read of the tasks fails
  let queries = 0;
  const line = await tableOverLine(
    table,
    (operation): Fate => (operation === "Query" && ++queries === 2 ? "refuse" : "carry"),
  );
  const { worker } = await testWorker(line);
  await worker.run();
  expect(await itemNow(table, "N")).toMatchObject({ state: "done" });
  expect(await linesOf(join(folder, "ran"))).toEqual(["0"]);
});

test("on a machine that cannot make scratch folders the worker ends, without using up attempts", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [newItem("S1"), newItem("S2")]);
  await writeFile(join(folder, "scratch"), "a file where the folder should be");
  const { worker } = await testWorker(table, { scratchDir: join(folder, "scratch") });
  expect(await worker.run()).toMatchObject({ reason: "unfit", claimed: 1, ended: { todo: 1 } });
  for (const id of ["S1", "S2"]) expect(await itemNow(table, id)).toMatchObject({ state: "todo", failures: 0 });
});

test("while the success of an item is being written, the next one runs; a failure is written first", async () => {
  const table = await testTable();
  const folder = await testFolder();
  const began = async () => (await linesOf(join(folder, "began"))).length;
  const script = `echo >>${folder}/began; [ $ITEM_ID != F ]`;
  await addItems(table, [newItem("A", { script }), newItem("B", { script, priority: 1 })]);
  let updates = 0;
  const line = await tableOverLine(table, async (operation): Promise<Fate> => {
    // the first is a claim, the second the end of its item
    if (operation === "UpdateItem" && ++updates === 2)
      await vi.waitFor(async () => expect(await began()).toBe(2), 30_000);
    return "carry";
  });
  const { worker } = await testWorker(line);
  expect(await worker.run()).toMatchObject({ claimed: 2, ended: { done: 2 } });

  await addItems(table, [newItem("F", { script, maxAttempts: 1 }), newItem("G", { script })]);
  const order: string[] = [];
  const { worker: other, events } = await testWorker(table);
  expect(await other.run()).toMatchObject({ ended: { done: 1, failed: 1 } });
  for (const event of events) if ("itemId" in event) order.push(`${event.kind} ${event.itemId}`);
  const next = order.indexOf("item:claimed G");
  expect(next < order.indexOf("item:claimed F") || next > order.indexOf("item:ended F")).toBe(true);
});

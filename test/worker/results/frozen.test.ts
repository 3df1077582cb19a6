import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { openResults } from "../../../lib/results/open.ts";
import type { ResultPlace } from "../../../lib/results/place.ts";
import { recordsOf } from "../../../lib/results/record.ts";
import { sweepResults } from "../../../lib/results/sweep-results.ts";
import { openTable } from "../../../lib/table.ts";
import { FolderPublisher } from "../../../worker/results/folder-publisher.ts";
import { S3Publisher } from "../../../worker/results/s3-publisher.ts";
import { changedOne } from "../../support/changes.ts";
import { testBucket, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../../support/items.ts";
import { testFolder } from "../../support/worker.ts";

async function setUp(kind: "folder" | "S3") {
  const table = await testTable();
  const { s3, bucket } = testBucket();
  const place: ResultPlace =
    kind === "S3" ? { bucket, prefix: `frozen-${table.name}` } : { folder: join(await testFolder(), "results") };
  const openS3 = async () => s3;
  const deps = { openS3, table, insist: <T>(_: string, call: () => Promise<T>) => call() };
  const publisher = "folder" in place ? new FolderPublisher(table, place) : new S3Publisher(place, deps);
  const store = await openResults(place, openS3);
  const scratch = await testFolder();
  await addItems(table, [newItem("a", { taskId: "S1" })]);
  let runs = 0;
  /** Claims the item; returns what its script and its worker do up to the write to its row. */
  const claimed = async () => {
    if ((await itemNow(table, "a")).state === "done") await changedOne(table, "a", toReset());
    const lockId = `lock-${++runs}`;
    const won = await claimAs(table, "a", lockId);
    if (!won.won) throw new Error("not claimed");
    const { step, taskId, itemId, attempt, results: old } = won.item;
    const run = { step, taskId, itemId, attempt, lockId, old };
    const out = await publisher.makeOut(run, join(scratch, lockId));
    return async (files: readonly string[]) => {
      for (const name of files) await writeFile(join(out, name), `of attempt ${attempt}`);
      const signal = new AbortController().signal;
      const staged = await publisher.stage({ run, out, nowMs: table.now(), signal });
      const { won: isRecorded } = await complete(table, won.item, { exitCode: 0 }, staged?.results);
      if (!isRecorded) return () => staged?.discard();
      return () => (staged ? staged.publish() : publisher.clear(run));
    };
  };
  return {
    table,
    claimed,
    /**
     * Runs the item to its end except for what comes after the write to its row, which is returned: a worker froze
     * there.
     */
    run: async (files: readonly string[]) => (await claimed())(files),
    /** The published files with their contents; this is also what a reader does that finds them before the worker. */
    async read(): Promise<Record<string, string>> {
      const found: Record<string, string> = {};
      for await (const record of recordsOf(table, await itemNow(table, "a"))) {
        for (const { name } of (await store.manifest(record)).files)
          found[name] = await text(await store.open(record, name));
      }
      return found;
    },
    async stored(): Promise<string[]> {
      const later = openTable(table.name, table.db, { now: () => Date.now() + 2 * 3_600_000 });
      await sweepResults(later, place, openS3);
      const paths: string[] = [];
      for await (const { path } of store.list()) paths.push(path.replace(/^.*\//, ""));
      return paths.sort();
    },
  };
}

test.each(["folder", "S3"] as const)(
  "a worker that wakes up after a later attempt was published leaves that one alone, %s",
  async (kind) => {
    const { run, read, stored } = await setUp(kind);
    await (await run(["x"]))();
    const second = await run(["x", "y"]);
    const third = await run(["x"]);
    expect(await read()).toEqual({ x: "of attempt 3" });
    await second();
    expect(await read()).toEqual({ x: "of attempt 3" });
    await third();
    expect(await read()).toEqual({ x: "of attempt 3" });
    const leftNothing = await run([]);
    const fifth = await run(["z"]);
    await fifth();
    await leftNothing();
    expect(await read()).toEqual({ z: "of attempt 5" });
    const sixth = await run(["x"]);
    await (await run([]))();
    await sixth();
    expect(await read()).toEqual({});
    expect(await stored()).toEqual([]);
  },
);

test.each(["folder", "S3"] as const)(
  "the old result goes even if the worker of a run that left nothing dies before it removes it, %s",
  async (kind) => {
    const { run, stored } = await setUp(kind);
    await (await run(["x"]))();
    await run([]);
    expect(await stored()).toEqual([]);
  },
);

test.each(["folder", "S3"] as const)(
  "a worker whose item was deleted and added again does not touch the result of the same attempt, %s",
  async (kind) => {
    const { table, claimed, run, read, stored } = await setUp(kind);
    const stale = await claimed();
    await changedOne(table, "a", toDelete({ force: true }));
    await addItems(table, [newItem("a", { taskId: "S1" })]);
    await (await run(["x"]))();
    // an upload would overwrite the other's
    if (kind === "S3") await expect(stale(["x", "y"])).rejects.toThrow("a was deleted and added again meanwhile");
    else await (await stale(["x", "y"]))();
    expect(await read()).toEqual({ x: "of attempt 1" });
    expect(await stored()).toEqual([".manifest.json", "x"]);
  },
);

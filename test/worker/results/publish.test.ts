import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { toReset } from "../../../lib/changes/reset.ts";
import type { NewItem } from "../../../lib/items/new-item.ts";
import { manifestText } from "../../../lib/results/manifest.ts";
import { openResults } from "../../../lib/results/open.ts";
import { type ResultPlace, stagingFolder } from "../../../lib/results/place.ts";
import { recordsOf } from "../../../lib/results/record.ts";
import type { ResultStore } from "../../../lib/results/store.ts";
import { sweepResults } from "../../../lib/results/sweep-results.ts";
import type { Table } from "../../../lib/table.ts";
import { FolderPublisher } from "../../../worker/results/folder-publisher.ts";
import { changedOne } from "../../support/changes.ts";
import { testBucket, testTable } from "../../support/env.ts";
import { addItems, itemNow, newItem } from "../../support/items.ts";
import { testFolder, testWorker } from "../../support/worker.ts";

interface Setup {
  table: Table;
  store: ResultStore;
  place: ResultPlace;
  /** has a worker do the available work, and returns what it reported */
  work(): Promise<string[]>;
  add(...items: NewItem[]): Promise<void>;
  /** what is published of an item: by task, the files with their contents */
  published(itemId: string): Promise<Record<string, Record<string, string>>>;
  /** all files of the place, including staged ones */
  stored(): Promise<string[]>;
}

const item = (itemId: string, script: string, rest: Partial<NewItem> = {}) =>
  newItem(itemId, { script, taskId: "S1", step: "align", maxAttempts: 1, ...rest });

async function setUp(kind: "folder" | "S3"): Promise<Setup> {
  const table = await testTable();
  const { s3, bucket } = testBucket();
  const folder = join(await testFolder(), "results");
  const place = kind === "folder" ? { folder } : { bucket, prefix: `r-${table.name}` };
  const openS3 = async () => s3;
  const store = await openResults(place, openS3);
  return {
    table,
    store,
    place,
    add: (...items) => addItems(table, items),
    async work() {
      const { worker, events } = await testWorker(table, { results: place });
      await worker.run();
      return events.flatMap((event) => (event.kind === "store:unreachable" ? [event.error.message] : []));
    },
    async published(itemId) {
      const found: Record<string, Record<string, string>> = {};
      for await (const record of recordsOf(table, await itemNow(table, itemId))) {
        const { files } = await store.manifest(record);
        const contents: Record<string, string> = {};
        for (const { name } of files) contents[name] = await text(await store.open(record, name));
        found[record.task ?? "item"] = contents;
      }
      return found;
    },
    async stored() {
      const files: string[] = [];
      for await (const { path } of store.list()) files.push(path);
      if ("folder" in place && existsSync(join(folder, ".staging")))
        files.push(...(await readdir(join(folder, ".staging"))));
      const swept = await sweepResults(table, place, openS3);
      expect(swept).toEqual({ published: 0, removed: 0, left: 0 });
      return files.sort();
    },
  };
}

describe.each(["folder", "S3"] as const)("in a place that is a %s", (kind) => {
  const own = (path: string, attempt: number) =>
    kind === "S3" ? path.replace("ITEM", `a/${attempt}`) : path.replace("ITEM", "a");

  test("what a script leaves in $OUT is published when it succeeds, and its row records it", async () => {
    const { add, work, table, published, stored } = await setUp(kind);
    await add(
      item("a", 'mkdir "$OUT/sub" && printf 1 > "$OUT/x.bam" && printf 22 > "$OUT/sub/y z" && ln -s x.bam "$OUT/link"'),
    );
    expect(await work()).toEqual([]);
    const { state, results } = await itemNow(table, "a");
    expect(state).toBe("done");
    expect(results).toMatchObject({ attempt: 1, files: 3, bytes: 4 });
    expect(await published("a")).toEqual({ item: { "x.bam": "1", link: "1", "sub/y z": "22" } });
    const names = [".manifest.json", "link", "sub/y z", "x.bam"];
    expect(await stored()).toEqual(names.map((name) => own(`align/S1/ITEM/${name}`, 1)));
  });

  test("a script that fails publishes nothing, and one that leaves nothing has no result", async () => {
    const { add, work, table, stored, place } = await setUp(kind);
    await add(item("a", 'echo half > "$OUT/x"; exit 3'), item("b", 'test -d "$OUT"'));
    expect(await work()).toEqual([]);
    expect(await itemNow(table, "a")).toMatchObject({ state: "failed", outcome: { exitCode: 3 } });
    expect((await itemNow(table, "b")).state).toBe("done");
    expect((await itemNow(table, "b")).results).toBeUndefined();
    expect(await stored()).toEqual([]);
    if ("folder" in place) expect(existsSync(place.folder)).toBe(false);
  });

  test("a rerun replaces the whole result; until it succeeds the old one counts", async () => {
    const { add, work, table, published, stored } = await setUp(kind);
    await add(item("a", 'test "$ATTEMPT" != 2; [ "$ATTEMPT" = 4 ] || echo $ATTEMPT > "$OUT/$ATTEMPT"'));
    await work();
    await changedOne(table, "a", toReset());
    await work();
    expect((await itemNow(table, "a")).state).toBe("failed");
    expect(await published("a")).toEqual({ item: { "1": "1\n" } });
    await changedOne(table, "a", toReset());
    await work();
    expect(await published("a")).toEqual({ item: { "3": "3\n" } });
    expect(await stored()).toEqual([own("align/S1/ITEM/.manifest.json", 3), own("align/S1/ITEM/3", 3)]);
    await changedOne(table, "a", toReset());
    await work();
    expect(await published("a")).toEqual({});
    expect(await stored()).toEqual([]);
  });

  test("each task of a nested item has a result of its own, and a long script that of its item", async () => {
    const { add, work, table, published, stored } = await setUp(kind);
    const scripts = ['echo 0 > "$OUT/f"', "true", 'echo 2 > "$OUT/f"'];
    await add(newItem("a", { taskId: "S1", step: "align", scripts }));
    await add(item("long", `echo long > "$OUT/f" # ${"x".repeat(4_000)}`));
    expect(await work()).toEqual([]);
    expect((await itemNow(table, "a")).state).toBe("done");
    expect(await published("a")).toEqual({ Task_0: { f: "0\n" }, Task_2: { f: "2\n" } });
    expect(await published("long")).toEqual({ item: { f: "long\n" } });
    for (const id of ["a", "long"]) await changedOne(table, id, toReset({ tasks: "all" }));
    expect(await work()).toEqual([]);
    const names = ["ITEM/Task_0/.manifest.json", "ITEM/Task_0/f", "ITEM/Task_2/.manifest.json", "ITEM/Task_2/f"];
    const ofLong = ["ITEM/.manifest.json", "ITEM/f"].map((name) => own(`align/S1/${name}`, 2).replace("/a", "/long"));
    const all = [...names.map((name) => own(`align/S1/${name}`, 2)), ...ofLong];
    expect(await stored()).toEqual(all.sort());
  });

  test("what cannot be published fails the attempt with a message that names it", async () => {
    const { add, work, table, stored } = await setUp(kind);
    const wrong: [string, string][] = [
      ['mkfifo "$OUT/pipe"', "is not a file, but a named pipe"],
      ['ln -s nowhere "$OUT/l"', "is a link to a file that is not there"],
      ['ln -s / "$OUT/l"', "is a link to a folder, /"],
      ['echo > "$OUT/.manifest.json"', ".manifest.json, which is anamo's own"],
      [`echo > "$OUT"/$(printf '\\377')`, "a name that is not UTF-8"],
      ['rm -r "$OUT"', "the script has removed it"],
      ['mkdir x && echo > x/f && rm -r "$OUT" && ln -s "$PWD/x" "$OUT"', "is a link now, to"],
    ];
    await add(...wrong.map(([script], index) => item(`a${index}`, `echo printed; ${script}`)));
    await work();
    for (const [index, [script, message]] of wrong.entries()) {
      const { state, outcome, results } = await itemNow(table, `a${index}`);
      expect({ state, results, script }).toEqual({ state: "failed", results: undefined, script });
      expect(outcome?.message).toContain("its result could not be published: $OUT");
      expect(outcome?.message).toContain(message);
      expect(outcome?.log?.stdout).toBe("printed\n");
    }
    expect(await stored()).toEqual([]);
  });

  test("names that look dangerous are ordinary names", async () => {
    const { add, work, published } = await setUp(kind);
    await add(item("a b/..", `cd "$OUT"; for f in -rf $'a\\nb' '%2F' 'ü$(id)' ' '; do echo x > "./$f"; done`));
    expect(await work()).toEqual([]);
    expect(Object.keys((await published("a b/..")).item ?? {}).sort()).toEqual([" ", "%2F", "-rf", "a\nb", "ü$(id)"]);
  });
});

test("a folder with files that anamo did not write is left alone, and the attempt fails", async () => {
  const { add, work, table, place } = await setUp("folder");
  const folder = join((place as { folder: string }).folder, "align", "S1", "a");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "mine"), "mine");
  await add(item("a", 'echo > "$OUT/x"'));
  await work();
  const { outcome } = await itemNow(table, "a");
  expect(outcome?.message).toBe(
    `its result could not be published: ${folder} has files that anamo did not write: move them away`,
  );
  expect(await readFile(join(folder, "mine"), "utf8")).toBe("mine");
  // as on a Mac, where A has the same folder
  const other = {
    version: 1 as const,
    step: "align",
    taskId: "S1",
    itemId: "A",
    attempt: 1,
    lockId: "l",
    endedAtMs: 0,
  };
  await writeFile(join(folder, ".manifest.json"), manifestText({ ...other, files: [] }));
  await changedOne(table, "a", toReset());
  await work();
  expect((await itemNow(table, "a")).outcome?.message).toMatch(/ has the result of another item, A$/);
});

test("publishing into a folder that fails leaves $OUT as the script left it, so that it can be tried again", async () => {
  const [table, dir] = [await testTable(), await testFolder()];
  const folder = join(dir, "results");
  await mkdir(folder);
  const publisher = new FolderPublisher(table, { folder }, true);
  const run = { step: "align", taskId: "S1", itemId: "a", attempt: 1, lockId: "lock" };
  const out = await publisher.makeOut(run, join(dir, "out"));
  await writeFile(join(out, "a.bam"), "a");
  const stage = () => publisher.stage({ run, out, nowMs: 1, signal: new AbortController().signal });
  // the staging folder cannot be made, as on a full disk
  const staging = stagingFolder({ folder });
  await symlink(join(dir, "nothing", "there"), staging);
  await expect(stage()).rejects.toThrow("ENOENT");
  expect(await readdir(out)).toEqual(["a.bam"]);
  await rm(staging);
  expect((await stage())?.results).toMatchObject({ files: 1, bytes: 1 });
});

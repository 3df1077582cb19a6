import { existsSync } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { removedBefore } from "../../../lib/changes/removed-before.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { resetFollowing } from "../../../lib/changes/reset-following.ts";
import { resetPreceding } from "../../../lib/changes/reset-preceding.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { findResults } from "../../../lib/inputs/find-results.ts";
import { RemovedError } from "../../../lib/inputs/input-error.ts";
import { openResults } from "../../../lib/results/open.ts";
import { type ResultPlace, resultFolder } from "../../../lib/results/place.ts";
import { recordsOf } from "../../../lib/results/record.ts";
import { removeUnneeded } from "../../../lib/retention/remove-unneeded.ts";
import { keepStep, setKeeps } from "../../../lib/settings/keep-step.ts";
import { beginRunning, endRunning } from "../../../lib/store/gates.ts";
import { UNTIL_FOLLOWERS_DONE } from "../../../lib/store/settings.ts";
import { SettingsCache } from "../../../lib/store/settings-cache.ts";
import { openTable, type Table } from "../../../lib/table.ts";
import { copiesOf } from "../../support/copies.ts";
import { addAll, newStudy, runOne, stateNow, stepItem } from "../../support/depend.ts";
import { testBucket } from "../../support/env.ts";
import { claimAs, itemNow } from "../../support/items.ts";
import { leaveResult } from "../../support/results.ts";
import { testFolder } from "../../support/worker.ts";

const FILES = { "a.bam": "a", "qc/b.txt": "b" };

async function keepUntil(table: Table, step: string): Promise<void> {
  await keepStep(table, step, UNTIL_FOLLOWERS_DONE);
}

/** Removes what nothing needs, and returns which of these items still have results. */
async function sweptOf(table: Table, place: ResultPlace, ...ids: string[]): Promise<string[]> {
  const { s3 } = testBucket();
  const open = () => openResults(place, async () => s3);
  await removeUnneeded(table, open);
  const results = await open();
  const left: string[] = [];
  for (const id of ids) {
    const item = await itemNow(table, id);
    const records = await Array.fromAsync(recordsOf(table, item));
    const below = [item.step, item.taskId].map(encodeURIComponent);
    const files = await Array.fromAsync(results.list([...below, encodeURIComponent(id)]));
    // what is visible is complete, and nothing is left of the rest
    expect(files.map(({ path }) => path.split("/").at(-1))).toHaveLength(records.length * 3);
    for (const record of records) expect((await results.manifest(record)).files).toHaveLength(2);
    if (records.length > 0) left.push(id);
  }
  return left;
}

/** align → call → joint, with results of both aligned samples. */
async function alignedStudy(place: ResultPlace): Promise<Table> {
  const table = await newStudy();
  for (const id of ["align/S1", "align/S2"]) {
    await runOne(table, id);
    await leaveResult(table, place, id, FILES);
  }
  return table;
}

test("results stay forever by default, and go with keep once all that follows is done, from a folder and from S3", async () => {
  const { bucket } = testBucket();
  for (const make of [
    async () => ({ folder: await testFolder() }),
    async (table: Table) => ({ bucket, prefix: `kept-${table.name}` }),
  ]) {
    const table = await newStudy();
    const place: ResultPlace = await make(table);
    for (const id of ["align/S1", "align/S2"]) {
      await runOne(table, id);
      await leaveResult(table, place, id, FILES);
    }
    await runOne(table, "call/S1");
    expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual(["align/S1", "align/S2"]);
    await keepUntil(table, "align");
    expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual(["align/S2"]);
    await runOne(table, "call/S2", "failed");
    expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual(["align/S2"]);
    await changeItems(table, { ids: ["call/S2"] }, toReset(), { tell: () => {} });
    await runOne(table, "call/S2");
    expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual([]);
    expect((await itemNow(table, "align/S1")).removal).toMatchObject({ attempt: 1, phase: "gone" });
  }
});

test("what nothing follows stays, and so does what a whole step follows until its last item is done", async () => {
  const place = { folder: await testFolder() };
  const table = await alignedStudy(place);
  for (const step of ["align", "call", "joint"]) await keepUntil(table, step);
  for (const id of ["call/S1", "call/S2"]) {
    await runOne(table, id);
    await leaveResult(table, place, id, FILES);
  }
  const ids = ["align/S1", "call/S1", "call/S2"];
  expect(await sweptOf(table, place, ...ids)).toEqual(["call/S1", "call/S2"]);
  await addAll(table, [stepItem("other/all", { afterAll: ["call"] })]);
  await runOne(table, "joint/all");
  await leaveResult(table, place, "joint/all", FILES);
  expect(await sweptOf(table, place, ...ids, "joint/all")).toEqual(["call/S1", "call/S2", "joint/all"]);
  await runOne(table, "other/all");
  expect(await sweptOf(table, place, ...ids, "joint/all")).toEqual(["joint/all"]);
});

test("nothing is removed while an import runs, which may add what needs it; nor what is named by an id and not used", async () => {
  const place = { folder: await testFolder() };
  const table = await alignedStudy(place);
  await keepUntil(table, "align");
  await addAll(table, [stepItem("qc/x", { afterItems: ["align/S2"] })]);
  for (const id of ["call/S1", "call/S2"]) await runOne(table, id);
  await beginRunning(table, "call", "import");
  expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual(["align/S1", "align/S2"]);
  await endRunning(table, "call", "import");
  expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual(["align/S2"]);
  await runOne(table, "qc/x");
  expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual([]);
});

test("a result that was made again stays until its followers have run again, and the earlier removal does not concern it", async () => {
  const place = { folder: await testFolder() };
  const table = await alignedStudy(place);
  await keepUntil(table, "align");
  await runOne(table, "call/S1");
  expect(await sweptOf(table, place, "align/S1")).toEqual([]);
  await changeItems(table, { ids: ["align/S1"] }, toReset(), { tell: () => {} });
  const later = openTable(table.name, table.db, { now: () => Date.now() + 60_000 });
  await runOne(later, "align/S1");
  await leaveResult(table, place, "align/S1", FILES);
  expect(await sweptOf(table, place, "align/S1")).toEqual(["align/S1"]);
});

test("a result that was made again while its follower ran on the old one stays, although the follower ended later", async () => {
  const place = { folder: await testFolder() };
  const table = await alignedStudy(place);
  await keepUntil(table, "align");
  const call = await claimAs(table, "call/S1", "lock", { step: "call" });
  await changeItems(table, { ids: ["align/S1"] }, toReset(), { tell: () => {} });
  const at = (seconds: number) => openTable(table.name, table.db, { now: () => Date.now() + seconds * 1_000 });
  await runOne(at(60), "align/S1");
  await leaveResult(table, place, "align/S1", FILES);
  if (call.won) expect(await complete(at(120), call.item, {})).toMatchObject({ won: true });
  expect(await sweptOf(table, place, "align/S1")).toEqual(["align/S1"]);
  await changeItems(table, { ids: ["call/S1"] }, toReset(), { tell: () => {} });
  await runOne(at(180), "call/S1");
  expect(await sweptOf(at(180), place, "align/S1")).toEqual([]);
});

test("a late sweep that goes on after the item has run again leaves the new result alone", async () => {
  const place = { folder: await testFolder() };
  const table = await alignedStudy(place);
  const results = await openResults(place, () => Promise.reject(new Error("not S3")));
  const [old] = await Array.fromAsync(recordsOf(table, await itemNow(table, "align/S1")));
  await changeItems(table, { ids: ["align/S1"] }, toReset(), { tell: () => {} });
  await runOne(table, "align/S1");
  await leaveResult(table, place, "align/S1", { "a.bam": "new", "b.bam": "new" });
  if (old) await results.remove(old);
  const [now] = await Array.fromAsync(recordsOf(table, await itemNow(table, "align/S1")));
  expect(now && (await results.manifest(now)).attempt).toBe(2);
});

/** New tables and folders, each with an item whose results nothing needs any more, and one whose are needed. */
async function unneededStudies(): Promise<() => Promise<{ table: Table; place: { folder: string } }>> {
  const first = await testFolder();
  const table = await alignedStudy({ folder: first });
  await keepUntil(table, "align");
  await runOne(table, "call/S1");
  const copy = await copiesOf(table);
  return async () => {
    const folder = await testFolder();
    await cp(first, folder, { recursive: true });
    return { table: await copy(), place: { folder } };
  };
}

/** A table whose n-th request is preceded by something, or gets no reply. */
function interrupted(table: Table, at: number, act: () => Promise<void>): { table: Table; requests: () => number } {
  let requests = 0;
  const send = async (command: never) => {
    if (++requests === at) await act();
    return await table.db.send(command);
  };
  const db = Object.assign(Object.create(table.db) as Table["db"], { send });
  const connection = { ...table, db };
  return { table: { ...connection, settings: new SettingsCache(connection) }, requests: () => requests };
}

test("whenever a sweep dies, the next one ends what it began, and what is visible is whole", async () => {
  const another = await unneededStudies();
  for (let at = 1; ; at++) {
    const { table, place } = await another();
    const dying = interrupted(table, at, () => Promise.reject(new Error("killed")));
    const results = await openResults(place, () => Promise.reject(new Error("not S3")));
    const end = await removeUnneeded(dying.table, async () => results).then(
      () => "ended",
      () => "died",
    );
    expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual(["align/S2"]);
    expect((await itemNow(table, "align/S1")).removal?.phase).toBe("gone");
    if (end === "ended") break;
    expect(at).toBeLessThan(60);
  }
});

test("whenever a follower starts over, it reads whole results while it runs, or is told that they were removed", async () => {
  const ends = new Set<string>();
  const another = await unneededStudies();
  for (let at = 1; ; at++) {
    const { table, place } = await another();
    const results = await openResults(place, () => Promise.reject(new Error("not S3")));
    let found: string[] | undefined;
    const startOver = async () => {
      await changeItems(table, { ids: ["call/S1"] }, toReset({ to: "held" }), { tell: () => {} });
      const item = await itemNow(table, "call/S1");
      try {
        const files = await findResults({ table, results }, item, "align");
        found = files.map(({ record, file }) => join(resultFolder(place, record), file.name));
        ends.add("read");
      } catch (error) {
        if (!(error instanceof RemovedError)) throw error;
        expect(error.message).toContain("anamo reset call/S1 --preceding");
        expect(await removedBefore(table, ["call/S1"], "keep")).toEqual([["align/S1"]]);
        ends.add("told");
      }
    };
    const racing = interrupted(table, at, startOver);
    await removeUnneeded(racing.table, async () => results);
    expect(found?.filter((path) => !existsSync(path)) ?? []).toEqual([]);
    expect(await stateNow(table, "align/S1")).toBe("done");
    if (at > racing.requests()) break;
    expect(at).toBeLessThan(60);
  }
  expect([...ends].sort()).toEqual(["read", "told"]);
});

test("a reset with all that follows also makes results of others again that the followers need", async () => {
  const place = { folder: await testFolder() };
  const table = await alignedStudy(place);
  for (const id of ["call/S1", "call/S2"]) {
    await runOne(table, id);
    await leaveResult(table, place, id, FILES);
  }
  await runOne(table, "joint/all");
  for (const step of ["align", "call"]) await keepUntil(table, step);
  expect(await sweptOf(table, place, "align/S1", "align/S2", "call/S1", "call/S2")).toEqual([]);

  const reset = new Set<string>();
  await resetPreceding(
    table,
    { ids: ["call/S1"] },
    { options: {}, reset: (which, how) => resetFollowing(table, which, {}, how), following: true },
    { tell: ({ itemID, result }) => void (result === "changed" && reset.add(itemID)) },
  );
  expect([...reset].sort()).toEqual(["align/S1", "align/S2", "call/S1", "call/S2", "joint/all"]);
});

test("of two sweeps at the same time, both end, and each result goes once", async () => {
  const place = { folder: await testFolder() };
  const table = await alignedStudy(place);
  await keepUntil(table, "align");
  for (const id of ["call/S1", "call/S2"]) await runOne(table, id);
  const results = await openResults(place, () => Promise.reject(new Error("not S3")));
  const sweeps = [1, 2].map(() => removeUnneeded(openTable(table.name, table.db), async () => results));
  await Promise.all(sweeps);
  expect(await sweptOf(table, place, "align/S1", "align/S2")).toEqual([]);
  expect(await readdir(place.folder)).not.toContain("align");
});

test("a step without the setting costs nothing, and an unknown step is an error", async () => {
  const table = await alignedStudy({ folder: await testFolder() });
  const counted = interrupted(table, 0, async () => {});
  const none = () => Promise.reject(new Error("not opened"));
  expect(await removeUnneeded(counted.table, none)).toBe(0);
  expect(counted.requests()).toBe(1);
  await expect(keepStep(table, "aling", UNTIL_FOLLOWERS_DONE)).rejects.toThrow("there is no step aling");
  expect(await setKeeps(table, new Map([["align", "forever" as const]]))).toBe(0);
});

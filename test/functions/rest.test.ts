import { type GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { longestUnseenMs, writeSummary } from "../../functions/latest-summary.ts";
import { createLaunchHandler } from "../../functions/launch.ts";
import { addMember } from "../../lib/changes/add-member.ts";
import { changeItems } from "../../lib/changes/change-items.ts";
import { toHold } from "../../lib/changes/hold.ts";
import { toReset } from "../../lib/changes/reset.ts";
import { complete } from "../../lib/claims/complete.ts";
import { sweepWaiting } from "../../lib/depend/sweep-waiting.ts";
import { summarize } from "../../lib/progress/summarize.ts";
import { drain } from "../../lib/settings/drain.ts";
import { pauseStep, resumeStep } from "../../lib/settings/pause-step.ts";
import { beginRunning } from "../../lib/store/gates.ts";
import { putMembers } from "../../lib/store/members.ts";
import type { AtRest } from "../../lib/store/rest.ts";
import { readSettings, SETTING } from "../../lib/store/settings.ts";
import { SettingsCache } from "../../lib/store/settings-cache.ts";
import { changeSettings } from "../../lib/store/settings-row.ts";
import type { Table } from "../../lib/table.ts";
import { setup } from "../local/batch-support.ts";
import { changedOne } from "../support/changes.ts";
import { stateNow } from "../support/depend.ts";
import { stoppedClock, testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];

/** A bucket with just what the function needs. */
function bucketInMemory(): S3Client {
  const objects = new Map<unknown, PutObjectCommand["input"]>();
  const send = async (command: PutObjectCommand | GetObjectCommand) => {
    if (command instanceof PutObjectCommand) return void objects.set(command.input.Key, command.input);
    const found = objects.get(command.input.Key);
    if (!found) throw Object.assign(new Error("forbidden"), { $metadata: { httpStatusCode: 403 } });
    return { Body: { transformToString: async () => String(found.Body) }, Metadata: found.Metadata };
  };
  return { send } as unknown as S3Client;
}

/** A table whose items ended two days ago, one of which waits for a failed one, and the summarize function. */
async function finished({ shards = 4 } = {}) {
  const clock = stoppedClock();
  const table = await testTable({ ...clock, shards });
  await addItems(table, [newItem("A"), newItem("B", { step: "other" })]);
  for (const id of ["A", "B"]) {
    const claimed = await claimAs(table, id, "lock");
    if (claimed.won) await complete(table, claimed.item, {});
  }
  clock.advance(48 * HOUR_MS);
  const s3 = bucketInMemory();
  const look = async () => ({ summary: await summarize(table), page: "" });
  /** A summary this many minutes later, and how many requests it took. */
  const later = async (minutes: number) => {
    clock.advance(minutes * MINUTE_MS);
    const send = vi.spyOn(table.db, "send");
    const { summary, isRepeated } = await writeSummary({ table, s3, bucket: "lab" }, look);
    const requests = send.mock.calls.length;
    send.mockRestore();
    return { todo: summary.items.todo, isRepeated, requests };
  };
  const rest = async (): Promise<AtRest | undefined> => (await readSettings(table)).atRest;
  return { table, clock, later, rest };
}

/** The same, once the table is surely at rest. */
async function resting() {
  const made = await finished();
  for (let n = 0; n < 3; n++) await made.later(5);
  expect(await made.rest()).toMatchObject({ isSure: true });
  return made;
}

/** The table as another process sees it, which has read its settings before. */
async function elsewhere(table: Table): Promise<Table> {
  const other = { ...table, settings: new SettingsCache(table) };
  await other.settings.get();
  return other;
}

test("a table at rest is looked at once an hour, and by then with one request", async () => {
  const { later, rest } = await finished({ shards: 16 });
  expect(await later(5)).toMatchObject({ isRepeated: false });
  expect(await rest()).toBeUndefined();
  expect(await later(5)).toMatchObject({ isRepeated: true });
  expect(await rest()).toMatchObject({ isSure: false });
  expect(await later(5)).toMatchObject({ isRepeated: true });
  expect(await rest()).toMatchObject({ isSure: true });
  for (let minutes = 5; minutes < 60; minutes += 5) {
    expect(await later(5)).toMatchObject({ isRepeated: true, requests: 1 });
  }
  const looked = await later(5);
  expect(looked.isRepeated).toBe(true);
  expect(looked.requests).toBeGreaterThan(50);
});

test.for<[string, (table: Table) => Promise<unknown>]>([
  ["adds an item", (table) => addItems(table, [newItem("C")])],
  ["starts an item over", (table) => changedOne(table, "A", toReset())],
  ["holds an item", (table) => changedOne(table, "B", toReset()).then(() => changedOne(table, "B", toHold()))],
  ["pauses a step", (table) => pauseStep(table, "other", { by: "me" })],
  ["resumes a step", (table) => resumeStep(table, "other")],
  ["drains the table", (table) => drain(table, "me")],
])("whoever %s ends the rest, and is not kept from it", async ([, change]) => {
  const { table, rest, later } = await resting();
  await change(await elsewhere(table));
  expect(await rest()).toBeUndefined();
  expect((await later(5)).requests).toBeGreaterThan(1);
});

test("a process that knows the table from before it came to rest ends the rest, too", async () => {
  const { table, clock, later, rest } = await finished();
  const other = await elsewhere(table);
  await addItems(other, [newItem("C")]);
  await changedOne(other, "C", toHold());
  clock.advance(48 * HOUR_MS);
  for (let n = 0; n < 3; n++) await later(5);
  expect(await rest()).toMatchObject({ isSure: true });
  await addItems(other, [newItem("D")]);
  expect(await rest()).toBeUndefined();
  expect(await later(5)).toMatchObject({ todo: 1, isRepeated: false });
});

test("what an earlier version adds, which knows nothing of the rest, is found within the hour", async () => {
  const { table, later, rest } = await resting();
  const { atRest } = await readSettings(table);
  await addItems(table, [newItem("C")]);
  await changeSettings(table, { set: { [SETTING.atRestSinceMs]: atRest?.sinceMs } });
  expect(await later(55)).toMatchObject({ todo: 0, isRepeated: true });
  expect(await later(5)).toMatchObject({ todo: 1, isRepeated: false });
  expect(await rest()).toBeUndefined();
});

test("a table whose last items wait in vain, or are in a paused step, comes to rest; one that can be worked on does not", async () => {
  const { table, clock, later, rest } = await finished();
  await addItems(table, [
    newItem("W", { step: "late", after: ["never"], taskId: "s" }),
    newItem("P", { step: "held up" }),
  ]);
  clock.advance(48 * HOUR_MS);
  for (let n = 0; n < 3; n++) expect(await later(5)).toMatchObject({ isRepeated: false });
  await pauseStep(table, "held up", { by: "me" });
  for (let n = 0; n < 4; n++) await later(5);
  expect(await rest()).toMatchObject({ isSure: true, isSwept: false });
  await sweepWaiting(table);
  expect(await rest()).toMatchObject({ isSure: true, isSwept: false });
  clock.advance(HOUR_MS);
  await sweepWaiting(table);
  expect(await rest()).toMatchObject({ isSure: true, isSwept: true });
  const send = vi.spyOn(table.db, "send");
  expect(await sweepWaiting(table)).toBe(0);
  expect(send).toHaveBeenCalledTimes(1);
  send.mockRestore();
  await resumeStep(table, "held up");
  expect(await later(5)).toMatchObject({ isRepeated: false });
});

test.for([5, 60])(
  "what a dead import has kept waiting is released although the table looks at rest: sweeps every %i minutes",
  async (every) => {
    const { table, clock, later, rest } = await finished();
    const [step, taskId] = ["default", "sample of A"];
    await putMembers(table, [{ itemId: "A", taskId, step }], await table.settings.shards());
    await beginRunning(table, step, "an import that is killed");
    await addMember(table, newItem("W", { step: "late", after: [step], taskId }));
    for (let minutes = 5; minutes <= 60; minutes += 5) {
      await later(5);
      if (minutes % every === 0) await sweepWaiting(table);
    }
    expect(await stateNow(table, "W")).toBe("todo");
    expect(await rest()).toBeUndefined();
    clock.advance(5 * MINUTE_MS);
    expect(await later(5)).toMatchObject({ todo: 1, isRepeated: false });
  },
);

test("a change that takes long ends a rest that was marked after it began", async () => {
  const { table, later, rest } = await finished();
  const changed: string[] = [];
  await changeItems(await elsewhere(table), { ids: ["missing", "A"] }, toReset(), {
    width: 1,
    tell: async ({ itemID }) => {
      changed.push(itemID);
      if (itemID !== "missing") return;
      for (let n = 0; n < 3; n++) await later(5);
      expect(await rest()).toMatchObject({ isSure: true });
    },
  });
  expect(changed).toEqual(["missing", "A"]);
  expect(await rest()).toBeUndefined();
});

test("the schedule starts no workers for a table at rest, and whoever asks for some is served", async () => {
  const { table } = await resting();
  const { batch } = await setup();
  const env = { ...testEnv(), ANAMO_TABLE: table.name, ANAMO_JOB_QUEUE: "queue", ANAMO_JOB_DEFINITION: "sleeper" };
  const launch = createLaunchHandler({ ...env, AWS_ENDPOINT_URL_BATCH: batch.endpoint });
  const schedule = { source: "aws.events", "detail-type": "Scheduled Event", detail: {} };
  expect(await launch(schedule)).toEqual({ launched: 0, skipped: "at rest" });
  expect(await launch({})).toMatchObject({ launched: 0, limit: "work" });
});

test("with many steps or items that wait, a table at rest is looked at less often, so that they cost the same in all", () => {
  const hours = (steps: number, waiting: number) => longestUnseenMs({ steps, waiting }) / HOUR_MS;
  expect([hours(1, 0), hours(10, 0), hours(20, 0), hours(100, 0)]).toEqual([1, 1, 2, 10]);
  expect([hours(1, 1_000), hours(0, 100_000), hours(10, 100_000)]).toEqual([1, 2, 3]);
});

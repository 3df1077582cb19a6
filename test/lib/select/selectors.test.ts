import { expect, onTestFinished, test } from "vitest";
import { fail } from "../../../lib/claims/fail.ts";
import { dynamoClient } from "../../../lib/dynamo-client.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import type { LeftOut } from "../../../lib/select/select-ids.ts";
import type { Selector } from "../../../lib/select/selector.ts";
import { selectItems } from "../../../lib/select/selectors.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { itemKey } from "../../../lib/store/keys.ts";
import { putMembers } from "../../../lib/store/members.ts";
import { updateRow } from "../../../lib/store/write-row.ts";
import { openTable, type Table } from "../../../lib/table.ts";
import { failed, finished, locked } from "../../support/changes.ts";
import { dynamoLine } from "../../support/dynamo-line.ts";
import { stoppedClock, testEnv, testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";

const SHARDS = 4;
const HOUR = 3_600_000;

test.each([
  ["everything", {}, ["B1", "done", "fail3", "lost", "old", "run", "run/1", "todo"]],
  ["states", { states: ["failed", "done"] }, ["done", "fail3", "lost", "old"]],
  ["a state nobody is in", { states: ["held"] }, []],
  ["no states at all", { states: [] }, []],
  ["steps", { steps: ["b"] }, ["B1"]],
  ["an unknown step", { steps: ["c"] }, []],
  ["samples", { taskIds: ["sample of done", "sample of run"] }, ["done", "run"]],
  ["causes", { causes: ["lost"] }, ["lost"]],
  ["exit codes", { exitCodes: [3, 4] }, ["fail3"]],
  ["a job", { job: "job-1" }, ["run"]],
  ["an array job", { job: "array" }, ["run/1"]],
  ["a child of an array job", { job: "array:7" }, ["run/1"]],
  ["a job in another state", { job: "job-1", states: ["done"] }, []],
  ["age", { olderThanMs: 2 * HOUR }, ["old", "run"]],
  ["age and state", { olderThanMs: HOUR / 2, states: ["failed"] }, ["fail3", "lost"]],
  ["a glob", { match: "run*" }, ["run", "run/1"]],
  ["several at once", { match: "*o*", states: ["todo", "done"] }, ["done", "old", "todo"]],
  ["ids", { ids: ["todo", "done", "todo"] }, ["done", "todo"]],
  ["ids and state", { ids: ["todo", "done", "run"], states: ["done"] }, ["done"]],
  ["ids and age", { ids: ["old", "run", "done", "todo"], olderThanMs: 2 * HOUR }, ["old", "run"]],
  ["no ids", { ids: [] }, []],
] as const)("selects by %s", async (_, selector: Selector, ids) => {
  const { table } = await oneOfEach();
  expect(await selected(table, selector)).toEqual(ids);
});

test("says for each id that is not selected why", async () => {
  const { table } = await oneOfEach();
  const leftOut: LeftOut[] = [];
  const pages = selectItems(table, { ids: ["todo", "nobody", "done"], states: ["todo"] }, (one) => leftOut.push(one));
  expect((await Array.fromAsync(pages)).flat()).toMatchObject([{ itemId: "todo", state: "todo", step: "default" }]);
  expect(leftOut).toEqual([
    { itemId: "nobody", why: "not found" },
    { itemId: "done", why: "not selected", state: "done", step: "default" },
  ]);
});

test("a locked row that someone has broken is named, and keeps no other from being selected by age", async () => {
  const { table } = await oneOfEach();
  await updateRow(table, itemKey("run"), { changes: { set: { [ATTR.attempt]: "two" } } });
  const leftOut: LeftOut[] = [];
  const select = async (selector: Selector) => {
    const pages = selectItems(table, { states: ["locked"], ...selector }, (one) => leftOut.push(one));
    return (await Array.fromAsync(pages)).flat().map(({ itemId }) => itemId);
  };
  expect(await select({ olderThanMs: 0 })).toEqual(["run/1"]);
  expect(leftOut).toMatchObject([{ itemId: "run", why: "unreadable" }]);
  expect(await select({ olderThanMs: 0, match: "run/*" })).toEqual(["run/1"]);
  expect(leftOut).toHaveLength(1);
});

test("reads no more of the index than it has to", async () => {
  const { table } = await oneOfEach();
  const asked: string[] = [];
  const client = dynamoClient({
    ...testEnv(),
    AWS_ENDPOINT_URL_DYNAMODB: await dynamoLine((sent) => {
      asked.push(sent);
      return "carry";
    }),
  });
  onTestFinished(() => client.destroy());
  const watched = openTable(table.name, client, { now: table.now });
  const queries = async (selector: Selector) => {
    asked.length = 0;
    await selected(watched, selector);
    return asked.filter((name) => name === "Query").length;
  };
  expect(await queries({ states: ["failed"], steps: ["default"] })).toBe(SHARDS);
  expect(await queries({ job: "job-1" })).toBe(1 + SHARDS);
  expect(await queries({ states: ["done"], job: "job-1" })).toBe(0);
  expect(await queries({ ids: ["todo", "done"] })).toBe(0);
  expect(await queries({ olderThanMs: HOUR, states: ["todo"] })).toBe(0);
});

test("ids may come as a stream, and are looked up 100 at a time", async () => {
  const table = await testTable();
  const wanted = Array.from({ length: 120 }, (_, n) => `S${n}`);
  await addItems(
    table,
    wanted.map((id) => newItem(id)),
  );
  let asked = 0;
  async function* ids() {
    for (const id of wanted) {
      asked++;
      yield id;
    }
  }
  const pages = selectItems(table, { ids: ids() });
  expect((await pages.next()).value).toHaveLength(100);
  expect(asked).toBe(100);
  expect((await Array.fromAsync(pages)).flat()).toHaveLength(20);
});

/** Two steps; items in each state, of different ages and causes. */
async function oneOfEach(): Promise<{ table: Table }> {
  const clock = stoppedClock();
  const table = await testTable({ shards: SHARDS, now: clock.now });
  const ids = ["todo", "old", "run", "run/1", "done", "fail3", "lost"];
  const items = [...ids.map((id) => newItem(id)), newItem("B1", { step: "b" })];
  await addItems(table, items);
  await putMembers(table, items, await table.settings.shards());
  await finished(table, "old");
  await locked(table, "run", "l1", "job-1");
  clock.advance(2 * HOUR);
  await failed(table, "fail3");
  await failed(table, "lost", { cause: "lost" });
  clock.advance(HOUR / 2);
  await locked(table, "run/1", "l2", "array:7");
  await finished(table, "done");
  return { table };
}

async function selected(table: Table, selector: Selector): Promise<string[]> {
  const pages = await Array.fromAsync(selectItems(table, selector));
  return pages
    .flat()
    .map(({ itemId }) => itemId)
    .sort();
}

test("a retry in its back-off is selected by its cause", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B")]);
  await fail(table, await locked(table, "A"), { cause: "oom" }, DEFAULT_POLICY);
  expect(await selected(table, { causes: ["oom"], states: ["todo"] })).toEqual(["A"]);
});

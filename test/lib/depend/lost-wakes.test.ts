import { expect, test } from "vitest";
import { addMember } from "../../../lib/changes/add-member.ts";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { putWakeOn, putWakeOnGate } from "../../../lib/depend/put-wake.ts";
import { register } from "../../../lib/depend/register.ts";
import { itemWake, MAX_WAKES } from "../../../lib/depend/wakes.ts";
import { wakesOn } from "../../../lib/store/gates.ts";
import { itemKey } from "../../../lib/store/keys.ts";
import { membersOfSample } from "../../../lib/store/members.ts";
import { readRow } from "../../../lib/store/read-row.ts";
import { registerLanes } from "../../../lib/store/settings.ts";
import type { Table } from "../../../lib/table.ts";
import { addAll, runOne, stateNow, statesNow, stepItem } from "../../support/depend.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { testTable } from "../../support/env.ts";
import { claimAs } from "../../support/items.ts";
import { tableOverLine } from "../../support/lost-reply.ts";

/* Cases that random orders of explore.test.ts seldom reach: without what each is about, somebody waits forever. */

const QUIET = { tell: () => {} };

async function reset(table: Table, ...ids: string[]): Promise<void> {
  await changeItems(table, { ids }, toReset(), QUIET);
}

test.each(["p/A", "p/B"])(
  "of several failed items that block, each one wakes when it is done after all: %s",
  async (first) => {
    const table = await testTable();
    await addAll(
      table,
      ["p/A", "p/B", "p/C"].map((id) => stepItem(id)),
    );
    await runOne(table, "p/C");
    await runOne(table, "p/A", "failed");
    await runOne(table, "p/B", "failed");
    // only now, because otherwise the mark of the waiting items would stay on both rows
    await addAll(table, [stepItem("q/all", { afterAll: ["p"], allowFailed: "1" })]);
    expect(await stateNow(table, "q/all")).toBe("waiting");
    await reset(table, first);
    await runOne(table, first);
    expect(await stateNow(table, "q/all")).toBe("todo");
  },
);

test("a name that goes back onto a gate while those taken from it are looked at stays there", async () => {
  const table = await testTable();
  // p has no item of sample T when that of another sample is added
  await addAll(table, [stepItem("q/T", { after: ["p"] }), stepItem("p/X"), stepItem("p/T")]);
  await runOne(table, "p/T");
  expect(await stateNow(table, "q/T")).toBe("todo");
});

test("a row with no room for a name says so, and one that has the name already does not", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("p/A")]);
  const on = { itemId: "p/A", step: "p", state: "todo" } as const;
  const names = Array.from({ length: MAX_WAKES }, (_, n) => itemWake(`q/${n}`));
  for (const name of names) expect(await putWakeOn(table, on, name)).toBe("put");
  expect(await putWakeOn(table, on, itemWake("q/more"))).toBe("full");
  expect(await putWakeOn(table, on, names[0] ?? "")).toBe("put");
  for (const name of names) expect(await putWakeOnGate(table, "p", name, { ifRunning: false })).toBe("put");
  expect(await putWakeOnGate(table, "p", itemWake("q/more"), { ifRunning: false })).toBe("full");
});

test("an item that somebody dies over while adding it is never there without those who wait finding it", async () => {
  const table = await testTable();
  const item = stepItem("p/T");
  let writes = 0;
  const line = await tableOverLine(table, (operation): Fate => {
    if (!/^(Put|Update|BatchWrite)/.test(operation)) return "carry";
    return writes++ === 0 ? "carry" : "refuse";
  });
  await registerLanes(table, [{ step: "p", priority: 5 }]);
  await expect(addMember(line, item)).rejects.toThrow();
  const members = await membersOfSample(table, { step: "p", taskId: "T" }, await table.settings.shards());
  expect(members).toMatchObject([{ itemId: "p/T" }]);
});

test("an item with the mark of a step that is deleted and added again gets the mark again", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("p/A"), stepItem("q/all", { afterAll: ["p"] })]);
  await changeItems(table, { ids: ["p/A"] }, toDelete(), QUIET);
  expect(await stateNow(table, "q/all")).toBe("waiting");
  await addAll(table, [stepItem("p/A")]);
  await runOne(table, "p/A");
  expect(await stateNow(table, "q/all")).toBe("todo");
});

test("rows of many new steps register what they wait for one at a time: no write is refused", async () => {
  const table = await testTable();
  const steps = Array.from({ length: 20 }, (_, n) => `s${n}`);
  await registerLanes(
    table,
    steps.map((step) => ({ step, priority: 5 })),
  );
  let writes = 0;
  const line = await tableOverLine(table, (operation): Fate => {
    if (operation === "UpdateItem") writes++;
    return "carry";
  });
  await line.settings.get(0);
  const items = steps.slice(1).map((step, n) => stepItem(`${step}/T`, { after: [`s${n}`] }));
  await Promise.all(items.map((item) => register(line, item)));
  expect((await table.settings.get(0)).links.size).toBe(items.length);
  expect(writes).toBe(items.length);
});

test("forty followers with long ids are all let go by the end of one item, whose row stays small", async () => {
  const table = await testTable();
  const sample = `cohort-${"x".repeat(120)}`;
  await addAll(table, [stepItem(`p/${sample}`)]);
  const followers = Array.from({ length: 40 }, (_, n) => `q/${sample}/${n}`);
  await addAll(
    table,
    followers.map((id, n) => stepItem(id, n % 2 ? { after: ["p"] } : { afterItems: [`p/${sample}`] })),
  );
  const row = await readRow(table, itemKey(`p/${sample}`));
  expect(wakesOn(row).size).toBeLessThanOrEqual(MAX_WAKES + 1);
  await runOne(table, `p/${sample}`);
  expect(new Set(Object.values(await statesNow(table, ...followers)))).toEqual(new Set(["todo"]));
});

test("an item that is named by its id, deleted, and added again in another step is waited for", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("p/A"), stepItem("q/T", { afterItems: ["p/A"] })]);
  await changeItems(table, { ids: ["p/A"] }, toDelete(), QUIET);
  expect(await stateNow(table, "q/T")).toBe("waiting");
  await addAll(table, [{ ...stepItem("p/A"), step: "other" }]);
  expect(await stateNow(table, "q/T")).toBe("waiting");
  const claimed = await claimAs(table, "p/A", "L", { step: "other" });
  if (!claimed.won) throw new Error("not claimed");
  await complete(table, claimed.item, { exitCode: 0 });
  expect(await stateNow(table, "q/T")).toBe("todo");
});

test("a late sample counts in the share that may fail", async () => {
  const table = await testTable();
  // one of three failed: more than 30 %
  await addAll(table, [
    ...["p/A", "p/B", "p/C"].map((id) => stepItem(id)),
    stepItem("q/all", { afterAll: ["p"], allowFailed: "30%" }),
  ]);
  await runOne(table, "p/A", "failed");
  await runOne(table, "p/B");
  await runOne(table, "p/C");
  expect(await stateNow(table, "q/all")).toBe("waiting");
  await addAll(table, [stepItem("p/D")]);
  expect(await stateNow(table, "q/all")).toBe("waiting");
  await runOne(table, "p/D");
  expect(await stateNow(table, "q/all")).toBe("todo");
});

test("a sample that is withdrawn by force while its item runs no longer holds up whoever waits for the step", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("p/A"), stepItem("p/B"), stepItem("q/all", { afterAll: ["p"] })]);
  await runOne(table, "p/B");
  const claimed = await claimAs(table, "p/A", "L", { step: "p" });
  if (!claimed.won) throw new Error("not claimed");
  await changeItems(table, { ids: ["p/A"] }, toDelete(), QUIET);
  expect(await stateNow(table, "q/all")).toBe("waiting");
  await changeItems(table, { ids: ["p/A"] }, toDelete({ force: true }), QUIET);
  expect(await stateNow(table, "q/all")).toBe("todo");
  expect(await complete(table, claimed.item, { exitCode: 0 })).toEqual({ won: false, why: "gone" });
});

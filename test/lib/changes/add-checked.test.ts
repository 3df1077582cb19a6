import { expect, test } from "vitest";
import { addChecked } from "../../../lib/changes/add-checked.ts";
import { testTable } from "../../support/env.ts";
import { itemNow, openTasksNow } from "../../support/items.ts";
import { losingReplyOf } from "../../support/lost-reply.ts";

const ROW = { itemID: "A", TaskID: "S1", TaskScript: "seq" };

test("an item is added once and exists after that", async () => {
  const table = await testTable();
  const named = { itemID: "A", taskID: "S1", step: "default", tasks: 1 };
  expect(await addChecked(table, ROW)).toEqual({ ...named, outcome: "added" });
  expect(await addChecked(table, ROW)).toEqual({ ...named, outcome: "exists", different: false });
  expect(await addChecked(table, { ...ROW, TaskScript: "ls" })).toMatchObject({ different: true });
  expect(await itemNow(table, "A")).toMatchObject({ script: "seq", step: "default" });
});

test("arguments make it nested, split at the given delimiter; numbers may be given as text, as in a task file", async () => {
  const table = await testTable();
  const fields = { ...ROW, TaskArgs: "1;2 3", Step: "qc", Priority: "9", MaxAttempts: "2", TimeoutSeconds: "60" };
  const added = await addChecked(table, fields, { nestedDelimiter: "semicolon" });
  expect(added).toMatchObject({ step: "qc", tasks: 2, outcome: "added" });
  expect((await openTasksNow(table, "A")).map(({ script }) => script)).toEqual(["seq 1", "seq 2 3"]);
  expect(await itemNow(table, "A")).toMatchObject({ priority: 9, maxAttempts: 2, timeoutMs: 60_000 });
});

test("all problems are reported at once, and nothing is added", async () => {
  const table = await testTable();
  const adding = addChecked(table, {
    ...ROW,
    TaskID: " ",
    Priority: "ten",
    TaskArgs: "1,,2",
  });
  await expect(adding).rejects.toThrow(
    [
      "TaskID: expected text of 1 to 256 bytes, found nothing",
      'TaskArgs: expected an argument in each of the 3 places (separated by ","), found none in place 2',
      'Priority: expected a whole number from 0 to 9, found "ten"',
    ].join("\n"),
  );
  await expect(itemNow(table, "A")).rejects.toThrow("no item A");
});

test("an addition whose reply is lost still counts as added", async () => {
  const table = await testTable();
  const losing = await losingReplyOf("PutItem", table);
  expect(await addChecked(losing, ROW)).toMatchObject({ outcome: "added" });
});

import { expect, test } from "vitest";
import { summarize } from "../../../lib/progress/summarize.ts";
import { pauseStep, resumeStep } from "../../../lib/settings/pause-step.ts";
import { finished } from "../../support/changes.ts";
import { testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";

test("the expected end comes back once nothing waits for a person any more", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B"), newItem("C", { step: "call" })]);
  await finished(table, "A");
  expect(await summarize(table)).toHaveProperty("expectedEnd");
  await pauseStep(table, "default", { by: "me" });
  const held = await summarize(table);
  expect(held).not.toHaveProperty("expectedEnd");
  expect(held.steps.default).toMatchObject({ items: { todo: 1, done: 1 } });
  expect(held.steps.default).not.toHaveProperty("expectedEnd");
  await resumeStep(table, "default");
  expect((await summarize(table)).steps.default).toHaveProperty("expectedEnd");
});

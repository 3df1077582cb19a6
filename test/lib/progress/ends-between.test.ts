import { expect, test } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { summarize } from "../../../lib/progress/summarize.ts";
import { pauseStep, resumeStep } from "../../../lib/settings/pause-step.ts";
import { locked } from "../../support/changes.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";

const HOUR_MS = 3_600_000;

test("a summary says between when and when a table ends, while somebody works and no person is waited for", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  await addItems(
    table,
    ["A", "B", "C", "D"].map((id) => newItem(id)),
  );
  const item = await locked(table, "A");
  expect(await summarize(table)).not.toHaveProperty("endsBetween");
  clock.advance(HOUR_MS);
  await complete(table, item, {});
  expect(await summarize(table)).not.toHaveProperty("endsBetween");
  await locked(table, "B");
  const { at, endsBetween, steps } = await summarize(table);
  const { likely = "", from = "", to = "" } = endsBetween ?? {};
  expect(steps.default?.endsBetween).toEqual({ likely, from, to });
  const hours = (date: string) => (Date.parse(date) - Date.parse(at)) / HOUR_MS;
  // three items of about an hour, one after the other
  expect(hours(from)).toBeGreaterThan(0.5);
  expect(hours(likely)).toBeGreaterThan(hours(from));
  expect(hours(to)).toBeGreaterThan(hours(likely));
  expect(await summarize(table)).toMatchObject({ endsBetween });
  expect(await summarize(table, { withoutRanges: true })).not.toHaveProperty("endsBetween");
  await pauseStep(table, "default", { by: "me" });
  expect((await summarize(table)).steps.default).not.toHaveProperty("endsBetween");
  await resumeStep(table, "default");
  expect(await summarize(table)).toMatchObject({ endsBetween });
});

import { expect, test } from "vitest";
import { summarize } from "../../../lib/progress/summarize.ts";
import { SETTING, storedLinks } from "../../../lib/store/settings.ts";
import { changeSettings } from "../../../lib/store/settings-row.ts";
import { addAll, runOne, stateNow, stepItem } from "../../support/depend.ts";
import { testTable } from "../../support/env.ts";

test("a circle is found behind more items than one read brings", async () => {
  const table = await testTable();
  const names = Array.from({ length: 120 }, (_, n) => `s/1/${n}`);
  await addAll(table, [
    stepItem("s/1/119", { afterItems: ["s/1/first"] }),
    stepItem("s/1/some", { afterItems: names.slice(0, 60) }),
    stepItem("s/1/more", { afterItems: names.slice(60) }),
  ]);
  const closing = addAll(table, [stepItem("s/1/first", { afterItems: ["s/1/some", "s/1/more"] })]);
  await expect(closing).rejects.toThrow("the circle s/1/first → s/1/more → s/1/119 → s/1/first");
});

test("steps in a circle, as two imports at the same time may note for a moment, end no search in an error", async () => {
  const table = await testTable();
  const links = [...storedLinks("x", { after: ["y"] }), ...storedLinks("y", { after: ["x"] })];
  await addAll(table, [stepItem("z/failed", { script: "false" })]);
  await runOne(table, "z/failed", "failed");
  await changeSettings(table, { add: { [SETTING.links]: new Set(links) } });
  table.settings.forget();
  await addAll(table, [stepItem("x/1", { after: ["y"] }), stepItem("z/1", { afterItems: ["x/1"] })]);
  expect(await stateNow(table, "z/1")).toBe("waiting");
  expect(await summarize(table)).toMatchObject({ items: { waiting: 2 }, blocked: 0 });
});

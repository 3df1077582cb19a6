import { expect, test } from "vitest";
import type { Crew } from "../../cli/run/crew.ts";
import { SteadyLook, totalOf } from "../../cli/run/steady.ts";
import { untilDone } from "../../cli/run/until-done.ts";
import { summarize } from "../../lib/progress/summarize.ts";
import { testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";

test.for([
  ["after the import", Number.POSITIVE_INFINITY, ["imported", "progress"]],
  ["sooner if the import takes long, and says so", 0, ["the list is still being imported; so far:", "progress"]],
] as const)("a run shows its progress %s", async ([, importPatienceMs, first]) => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const [waiting, said] = [await summarize(table), [] as string[]];
  const none = { ...waiting, items: { ...waiting.items, todo: 0, done: 1 } };
  const imported = Promise.withResolvers<void>();
  let looks = 0;
  await untilDone({
    async look() {
      if (++looks === 2) {
        said.push("imported");
        imported.resolve();
      }
      return looks < 4 ? waiting : none;
    },
    imported: imported.promise,
    crew: { keepUp: async () => {} } as unknown as Crew,
    progress: { show: () => void said.push("progress"), say: (line) => void said.push(line), end() {} },
    signal: new AbortController().signal,
    importPatienceMs,
  });
  expect(said.slice(0, 2)).toEqual(first);
});

test("an item that is missed while it changes its state does not change the total", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B")]);
  const both = await summarize(table);
  const one = { ...both, items: { ...both.items, todo: 1 }, tasks: { done: 0, total: 1 } };
  const reads = [one, both, both, one, both, both, one, one];
  const steady = new SteadyLook(async () => reads.shift() ?? both);
  const totals: number[] = [];
  while (reads.length > 0) totals.push(totalOf(await steady.look({ mayGrow: false })));
  expect(totals, "the last two agree that one was deleted").toEqual([2, 2, 1]);
  reads.push(one, both);
  expect(totalOf(await steady.look({ mayGrow: true })), "an import may have begun to add it").toBe(1);
});

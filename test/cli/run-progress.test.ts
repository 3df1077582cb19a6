import { expect, test } from "vitest";
import type { Crew } from "../../cli/run/crew.ts";
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

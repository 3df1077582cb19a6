import { expect, test } from "vitest";
import { complete } from "../../../lib/claims/complete.ts";
import { lookAt } from "../../../lib/notify/look.ts";
import { testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";

test("a look without ranges, of which a run makes several a second, reads the index only", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B")]);
  const claimed = await claimAs(table, "A", "first");
  if (claimed.won) await complete(table, claimed.item, {});
  await claimAs(table, "B", "second");
  const send = table.db.send.bind(table.db) as (...args: unknown[]) => Promise<unknown>;
  const sent = new Set<string>();
  table.db.send = ((command: object, ...rest: unknown[]) => {
    sent.add(command.constructor.name);
    return send(command, ...rest);
  }) as typeof table.db.send;
  const { summary, ends } = await lookAt(table, { withoutRanges: true });
  expect([summary.items.done, summary.items.locked, [...ends.keys()]]).toEqual([1, 1, ["default"]]);
  expect([...sent].filter((name) => name.startsWith("BatchGet"))).toEqual([]);
  expect((await lookAt(table)).summary.endsBetween).toBeDefined();
});

import { expect, test } from "vitest";
import { sweepWaiting } from "../../../lib/depend/sweep-waiting.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { SETTING, storedLinks } from "../../../lib/store/settings.ts";
import { SettingsCache } from "../../../lib/store/settings-cache.ts";
import { sampleTarget } from "../../../lib/store/waiting-keys.ts";
import type { Table } from "../../../lib/table.ts";
import { collectGarbage } from "../../../worker/task/collect-garbage.ts";

const ITEMS = 60_000;
const PAGE = 6_000;

const SETTINGS = {
  [SETTING.shards]: { N: "1" },
  [SETTING.lanes]: { SS: ["4#align", "4#call"] },
  [SETTING.membersMissing]: { N: "0" },
  [SETTING.links]: { SS: storedLinks("call", { after: ["align"] }) },
};

test(`a sweep remembers the samples of ${ITEMS} open items, not the items that wait for them`, async () => {
  let grownBy = 0;
  const before = heap();
  const send = async ({ input }: { input: Input }) => {
    const key = input.ExpressionAttributeValues?.[":key"]?.S;
    if (key === undefined) return { Item: SETTINGS };
    if (key !== "align#todo#0" && key !== "call#waiting#0") return { Items: [] };
    const from = Number(input.ExclusiveStartKey?.from.N ?? 0);
    const next = from + PAGE;
    if (next < ITEMS) return { Items: page(key, from), LastEvaluatedKey: { from: { N: String(next) } } };
    grownBy = heap() - before;
    return { Items: page(key, from) };
  };
  const connection = { name: "many", db: { send }, now: Date.now, random: () => 0 } as unknown as Table;
  expect(await sweepWaiting({ ...connection, settings: new SettingsCache(connection) })).toBe(0);
  expect(grownBy).toBeGreaterThan(0);
  expect(grownBy).toBeLessThan(30_000_000);
});

interface Input {
  ExpressionAttributeValues?: Record<string, { S: string }>;
  ExclusiveStartKey?: { from: { N: string } };
}

/** Entries of the index: items of `align` that can be claimed, or the items of `call` that wait for them. */
function page(key: string, from: number) {
  return Array.from({ length: PAGE }, (_, n) => {
    const taskId = `sample-with-a-long-name-${from + n}`;
    const itemId = `${key.slice(0, 5)}/${taskId}`;
    const waiting = `${sampleTarget("align", taskId)}#1700000000000123#${itemId}`;
    return {
      [ATTR.itemId]: { S: itemId },
      [ATTR.taskId]: { S: taskId },
      [ATTR.stateSort]: { S: key.startsWith("call") ? waiting : `4#abcdef12#${itemId}` },
    };
  });
}

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

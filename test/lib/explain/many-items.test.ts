import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { explain } from "../../../lib/explain/explain.ts";
import { ATTR } from "../../../lib/store/attributes.ts";
import { sortableMs } from "../../../lib/store/keys.ts";
import { SETTING } from "../../../lib/store/settings.ts";
import { SettingsCache } from "../../../lib/store/settings-cache.ts";
import type { Table } from "../../../lib/table.ts";

const NOW_MS = Date.UTC(2030, 0, 1);
const ITEMS = 150_000;

test(`a step in which ${ITEMS} items back off is explained`, async () => {
  const later = Array.from({ length: ITEMS }, (_, n) => ({
    [ATTR.itemId]: { S: `item-${n}` },
    [ATTR.taskId]: { S: "S" },
    [ATTR.stateSort]: { S: `${sortableMs(NOW_MS + 60_000 + n)}#item-${n}` },
  }));
  const settings = {
    [SETTING.shards]: { N: "1" },
    [SETTING.lanes]: { SS: ["4#align"] },
    [SETTING.membersMissing]: { N: "0" },
  };
  const send = async (command: { input: { ExpressionAttributeValues?: Record<string, { S: string }> } }) => {
    if (command instanceof GetItemCommand) return { Item: settings };
    return { Items: command.input.ExpressionAttributeValues?.[":key"]?.S === "align#later" ? later : [] };
  };
  const connection = { name: "many", db: { send }, now: () => NOW_MS, random: () => 0 } as unknown as Table;
  const table = { ...connection, settings: new SettingsCache(connection) };
  const { step } = (await explain(table, { step: "align" })) ?? {};
  expect(step).toMatchObject({ items: { todo: ITEMS }, because: [{ reason: "backing off", count: ITEMS }] });
});

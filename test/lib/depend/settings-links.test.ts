import { expect, test } from "vitest";
import { SETTING } from "../../../lib/store/settings.ts";
import { changeSettings } from "../../../lib/store/settings-row.ts";
import { testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";

test("a new table has all member rows; one that an earlier version made lacks them until it is upgraded", async () => {
  const fresh = await testTable({ shards: "unset" });
  expect((await fresh.settings.get(0)).lacksMembers).toBe(false);
  await addItems(fresh, [newItem("A"), newItem("B", { priority: 3 })]);
  expect((await fresh.settings.get(0)).lacksMembers).toBe(false);

  const old = await testTable({ shards: "unset" });
  await changeSettings(old, { set: { [SETTING.shards]: 16 } });
  await addItems(old, [newItem("A"), newItem("B", { priority: 3 })]);
  expect((await old.settings.get(0)).lacksMembers).toBe(true);
});

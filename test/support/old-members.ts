import { SETTING } from "../../lib/store/settings.ts";
import { changeSettings } from "../../lib/store/settings-row.ts";
import type { Table } from "../../lib/table.ts";
import { testTable } from "./env.ts";

/** A table as created by the version before member rows; items that `addItems` adds to it have none. */
export async function oldTable(): Promise<Table> {
  const table = await testTable({ shards: "unset" });
  await changeSettings(table, { set: { [SETTING.shards]: 4 } });
  table.settings.forget();
  return table;
}

import { sideBySide } from "../flow/side-by-side.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import { putMembers } from "../store/members.ts";
import { parseSettings, SETTING } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import type { Table } from "../table.ts";

/** What an upgrade did. */
export interface TableUpgrade {
  /** false: nothing was missing */
  changed: boolean;
  /** how many items received a member row */
  members: number;
}

const WIDTH = 4;

/**
 * Adds what a table from an earlier version lacks: the member rows of its items (1 write unit each). Workers may be
 * running and may move items during the listing, so it reads the index until that shows no new items. Can be repeated
 * if interrupted. Memory grows with the number of items.
 */
export async function upgradeTable(table: Table): Promise<TableUpgrade> {
  const settings = await table.settings.get(0);
  if (!settings.lacksMembers) return { changed: false, members: 0 };
  const put = new Set<string>();
  while ((await putMissing(table, put)) > 0);
  const { row } = await changeSettings(table, { set: { [SETTING.membersMissing]: 0 } });
  table.settings.keep(parseSettings(row));
  return { changed: true, members: put.size };
}

/** Puts the member rows of all items in the index that lack one; returns how many. */
async function putMissing(table: Table, put: Set<string>): Promise<number> {
  const settings = await table.settings.get(0);
  const before = put.size;
  await sideBySide(partitionsOf(settings), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) {
      const missing = page.filter(({ itemId }) => !put.has(itemId));
      for (const { itemId } of missing) put.add(itemId);
      await putMembers(table, missing, settings.shards);
    }
  });
  return put.size - before;
}

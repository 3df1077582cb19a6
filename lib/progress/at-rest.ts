import { createHash } from "node:crypto";
import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemState } from "../items/states.ts";
import { countEntries } from "../store/count-entries.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Table } from "../table.ts";

const MOVING: readonly ItemState[] = ["todo", "waiting", "locked"];
const OVER: readonly ItemState[] = ["done", "failed", "held"];
/** The longest span over which a summary counts done items, a day, plus an hour for clock differences and index lag. */
const SETTLED_MS = 25 * 3_600_000;
const WIDTH = 32;

/**
 * A text that stays the same while a table is at rest: nothing waits or runs, nothing has ended within a day, and
 * nothing has been deleted by a person since. Undefined while something may move. Costs one read per partition of the
 * index (0.5 units), however many items there are. Does not notice rows that came with a PyAnamo table, or deletions
 * made by other means than anamo's.
 */
export async function restMark(table: Table): Promise<string | undefined> {
  const settings = await table.settings.get(0);
  const moving = partitionsOf(settings, { states: MOVING }).map((stateKey) => ({ stateKey }));
  if ((await countEntries(table, moving, 1)) > 0) return undefined;
  const newest: [string, string][] = [];
  let lastMs = settings.deletedAtMs ?? 0;
  await sideBySide(partitionsOf(settings, { states: OVER }), WIDTH, async (partition) => {
    for await (const [entry] of readPartition(table, partition, { newestFirst: true, pageSize: 1 })) {
      if (!entry) return;
      newest.push([partition, entry.stateSort ?? entry.itemId]);
      lastMs = Math.max(lastMs, entry.endedAtMs ?? 0);
      return;
    }
  });
  if (table.now() - lastMs < SETTLED_MS) return undefined;
  const { shards, steps, paused, draining, deletedAtMs = 0 } = settings;
  const whole = [
    table.name,
    shards,
    [...steps.keys()].sort(),
    [...paused].sort(),
    draining ?? null,
    deletedAtMs,
    newest.sort(),
  ];
  return createHash("sha256").update(JSON.stringify(whole)).digest("hex");
}

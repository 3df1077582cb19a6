import { createHash } from "node:crypto";
import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemState } from "../items/states.ts";
import { countEntries } from "../store/count-entries.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";

const OVER: readonly ItemState[] = ["done", "failed", "held"];
/** The longest span over which a summary counts done items, a day, plus an hour for clock differences and index lag. */
const SETTLED_MS = 25 * 3_600_000;
const WIDTH = 32;

/**
 * A text that stays the same while a table is at rest: nothing runs or can be claimed, nothing has ended within a day,
 * and nobody has deleted anything since. Undefined while anything may change. There may be items that wait for others,
 * or whose step is paused; these are counted. Costs one read per partition of the index (0.5 units), and 0.018 units
 * for each of those. Does not notice rows that came with a PyAnamo table, or deletions that were not made by anamo.
 */
export async function restMark(table: Table, settings: Settings): Promise<string | undefined> {
  const { shards, steps, paused, draining, deletedAtMs = 0 } = settings;
  const isStill = (step: string) => draining !== undefined || paused.has(step);
  const [still, open] = [[...steps.keys()].filter(isStill), [...steps.keys()].filter((step) => !isStill(step))];
  const moving = [
    ...partitionsOf(settings, { states: ["locked"] }),
    ...partitionsOf(settings, { states: ["todo"], steps: open }),
  ];
  if ((await countEntries(table, rangesOf(moving), 1)) > 0) return undefined;
  const kept = [
    ...partitionsOf(settings, { states: ["waiting"] }),
    ...partitionsOf(settings, { states: ["todo"], steps: still }),
  ];
  const newest: [string, string][] = [];
  let lastMs = deletedAtMs;
  await sideBySide(partitionsOf(settings, { states: OVER }), WIDTH, async (partition) => {
    for await (const [entry] of readPartition(table, partition, { newestFirst: true, pageSize: 1 })) {
      if (!entry) return;
      newest.push([partition, entry.stateSort ?? entry.itemId]);
      lastMs = Math.max(lastMs, entry.endedAtMs ?? 0);
      return;
    }
  });
  if (table.now() - lastMs < SETTLED_MS) return undefined;
  const whole = [
    table.name,
    shards,
    [...steps.keys()].sort(),
    [...paused].sort(),
    draining ?? null,
    deletedAtMs,
    newest.sort(),
    await countEntries(table, rangesOf(kept), Number.POSITIVE_INFINITY),
  ];
  return createHash("sha256").update(JSON.stringify(whole)).digest("hex");
}

const rangesOf = (partitions: readonly string[]) => partitions.map((stateKey) => ({ stateKey }));

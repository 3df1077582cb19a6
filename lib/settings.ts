import { escapeKeyPart, unescapeKeyPart } from "./ids.ts";
import { MAX_PRIORITY, priorityBand } from "./keys.ts";
import { SETTINGS_KEY } from "./schema.ts";
import type { Table } from "./table.ts";
import { buildUpdate, getRow, update } from "./update.ts";

/** How many shards a table gets that says nothing: few enough to go round, enough for some 4,000 workers. */
export const DEFAULT_SHARDS = 16;

/** What a table's settings row says. */
export interface Settings {
  /** fixed when the table gets its first item: the keys of all items depend on it */
  shards: number;
  /** the steps that have ever had items, and the priorities seen in each, highest first */
  steps: ReadonlyMap<string, readonly number[]>;
}

const SHARDS = "Shards";
const LANES = "Lanes";

/** Reads the settings row; a table without one has no steps yet. */
export async function readSettings(table: Table): Promise<Settings> {
  return parseSettings(await getRow(table, SETTINGS_KEY));
}

/**
 * Makes sure that the settings row exists and knows each (step, priority), and returns it as it then is.
 * Adding to a set needs no condition: it may happen twice and from many sides.
 */
export async function registerLanes(
  table: Table,
  lanes: readonly { step: string; priority: number }[],
  shards = DEFAULT_SHARDS,
): Promise<Settings> {
  const members = lanes.map(({ step, priority }) => `${priorityBand(priority)}#${escapeKeyPart(step)}`);
  const input = buildUpdate(
    table.name,
    SETTINGS_KEY,
    {
      compute: { [SHARDS]: { expression: "if_not_exists(#Shards, :shards)", values: { ":shards": shards } } },
      ...(members.length > 0 && { add: { [LANES]: new Set(members) } }),
    },
    undefined,
    true,
  );
  return parseSettings((await update(table, input)).row);
}

function parseSettings(row: Record<string, unknown> | undefined): Settings {
  const steps = new Map<string, number[]>();
  const lanes = row?.[LANES];
  for (const lane of lanes instanceof Set ? [...lanes].map(String).sort() : []) {
    const [band = "", step = ""] = lane.split("#");
    const name = unescapeKeyPart(step);
    steps.set(name, [...(steps.get(name) ?? []), MAX_PRIORITY - Number(band)]);
  }
  const shards = row?.[SHARDS];
  return { shards: typeof shards === "number" ? shards : DEFAULT_SHARDS, steps };
}

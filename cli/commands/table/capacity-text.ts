import type { AutoscalingNow, Scaled } from "../../../lib/autoscaling/read.ts";
import type { CapacityNow, Units } from "../../../lib/tables/table-capacity.ts";
import { table } from "../../output/table.ts";

/** The capacity of a table, for a person. */
export function capacityText(now: CapacityNow): string {
  if (now.mode === "on-demand") return `Table ${now.table} is on demand: it has no fixed capacity.`;
  const row = (what: string, { read, write, decreasesToday }: Units) => [what, read, write, decreasesToday];
  const indexes = Object.entries(now.indexes).map(([name, found]) => row(`index ${name}`, found ?? NONE));
  return table(
    ["", "read units", "write units", "lowered today"],
    [row(`table ${now.table}`, now.units ?? NONE), ...indexes],
  );
}

const NONE: Units = { read: 0, write: 0, decreasesToday: 0 };

/** The autoscaling of a table, or why it is unknown. */
export function autoscalingText(now: AutoscalingNow): string {
  return now.autoscaling ? scaledText(now.autoscaling) : `Autoscaling: ${now.autoscalingUnknown}`;
}

/** The autoscaling of a table. */
export function scaledText(scaled: readonly Scaled[]): string {
  if (scaled.length === 0) return "Autoscaling: none.";
  const rows = scaled.map(
    ({ index, kind, min, max, targetPercent, scaleOutCooldownSeconds, scaleInCooldownSeconds }) => [
      `${index === undefined ? "table" : `index ${index}`}, ${kind}s`,
      min,
      max,
      targetPercent === undefined ? "no policy" : `${targetPercent} %`,
      cooldownText(scaleOutCooldownSeconds, scaleInCooldownSeconds),
    ],
  );
  return table(["autoscaling", "min", "max", "in use", "cooldown"], rows);
}

function cooldownText(up: number | undefined, down: number | undefined): string {
  if (up === undefined && down === undefined) return "";
  return up === down ? `${up} s` : `${up ?? 0} s up, ${down ?? 0} s down`;
}

import type { Writable } from "node:stream";
import type { MigrateReport } from "../../../lib/migrate/migrate-from.ts";
import { agreeing, counted } from "../../output/counted.ts";
import { table } from "../../output/table.ts";

/** How many items that could not be copied are listed for a person; the JSON output has all of them. */
const SHOWN = 20;
/** The minimum time between two lines of progress. */
const LINE_MS = 2_000;

/** Writes a line of progress now and then during a migration. */
export function readSoFar(out: Writable, now: () => number = Date.now): (soFar: Readonly<MigrateReport>) => void {
  let lastAtMs = now();
  return ({ read, added }) => {
    if (now() - lastAtMs < LINE_MS) return;
    lastAtMs = now();
    out.write(`${counted(read, "item")} read, ${added} added …\n`);
  };
}

/** The result of a migration, for a person. */
export function migrateText(report: MigrateReport): string {
  const { items, tasks, problems } = report;
  const verb = report.dryRun ? "would be added" : "added";
  const states = Object.entries(items).map(([state, count]) => `${count} ${state}`);
  return [
    `${counted(report.read, "item")} read in ${report.from}: ${report.added} ${verb} to ${report.table} as step ${report.step}, ${report.existed} existed already.`,
    ...(report.added > 0
      ? [
          `${agreeing(report.added, "it", "they")} ${report.dryRun ? "would be" : agreeing(report.added, "is", "are")}: ${states.join(", ")}`,
        ]
      : []),
    ...(tasks.total > 0 ? [`nested tasks: ${tasks.done} of ${tasks.total} done, ${tasks.failed} failed`] : []),
    ...remarks(report),
    ...(problems.length > 0 ? ["", `${counted(problems.length, "item")} could not be copied:`] : []),
    ...(problems.length > 0 ? [problemTable(problems)] : []),
    ...(report.complete ? [] : ["", "Stopped before the end; the same command continues from here."]),
  ].join("\n");
}

function remarks(report: MigrateReport): string[] {
  const lines: [number, string][] = [
    [report.unlocked, "locked in PyAnamo, which means nothing here: todo"],
    [report.wallTimeExceeded, "stopped by PyAnamo's wall time: todo, and what was done of them stays done"],
    [report.undated, "ended without a readable date"],
    ...Object.entries(report.heldFor).map(([why, count]): [number, string] => [count, `held: ${why}`]),
  ];
  const cut = report.logsCut > 0 ? [`${counted(report.logsCut, "log")} cut to the end`] : [];
  return [...lines.filter(([count]) => count > 0).map(([count, what]) => `${counted(count, "item")} ${what}`), ...cut];
}

function problemTable(problems: MigrateReport["problems"]): string {
  const rows = problems.slice(0, SHOWN).map(({ itemID, why }) => [itemID, why]);
  const more = problems.length - SHOWN;
  return `${table(["itemID", "why"], rows)}${more > 0 ? `\n… and ${more} more` : ""}`;
}

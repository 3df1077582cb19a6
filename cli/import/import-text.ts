import type { ImportReport } from "../../lib/import/await-report.ts";
import type { Counts } from "../../lib/import/ledger.ts";
import { agreeing, counted } from "../output/counted.ts";
import { sameMessages } from "./same-messages.ts";
import { tallyRemarks } from "./tally-remarks.ts";

/** How many messages about rows are shown to a person; the report has all of them. */
const SHOWN = 10;

/** One line about what an import did. */
export function importLine({ imported, reset, changed = 0, skipped, rejected, tasks, comments }: ImportReport): string {
  const parts = [`${counted(imported, "item")} imported`];
  if (reset > changed) parts.push(`${(reset - changed).toLocaleString("en-US")} started over`);
  if (changed > 0) parts.push(`${changed.toLocaleString("en-US")} changed while waiting`);
  if (tasks > imported + reset) parts[0] += ` (${counted(tasks, "task")})`;
  if (skipped > 0) parts.push(`${skipped.toLocaleString("en-US")} there already`);
  if (rejected > 0) parts.push(`${rejected.toLocaleString("en-US")} rejected`);
  if (imported + reset + skipped + rejected === 0) {
    return comments > 0
      ? "nothing imported: all rows are commented out"
      : "nothing imported: the file has a header, but no rows";
  }
  return parts.join(", ");
}

/** One line about an import that is still running. */
export function partLine({ imported, reset, skipped, rejected, comments }: Counts): string {
  return `${counted(imported + reset + skipped + rejected + comments, "row")} read so far`;
}

/**
 * What a person should know about the rows of an import: what was changed in their text, which were rejected, and which
 * items exist with another script. `fix` says how to fix the rejected rows, if they are stored.
 */
export function importRemarks(report: ImportReport, fix: readonly string[]): string[] {
  const rejected = report.rows.filter((row) => row.outcome === "rejected");
  const others = report.rows.filter((row) => row.outcome !== "rejected");
  const lines = tallyRemarks(report);
  if (report.rejected > 0) {
    lines.push(`${counted(report.rejected, "row")} ${agreeing(report.rejected, "was", "were")} rejected:`);
    lines.push(...shorten(rejected.map((row) => row.message)));
    lines.push(...fix);
  }
  if (others.length > 0)
    lines.push(
      `left as ${agreeing(others.length, "it is", "they are")}:`,
      ...shorten(others.map((row) => row.message)),
    );
  return lines;
}

function shorten(messages: readonly string[]): string[] {
  const shown = sameMessages(messages).slice(0, SHOWN);
  const left = shown.reduce((sum, { rows }) => sum - rows, messages.length);
  const lines = shown.map(({ text }) => `  ${text}`);
  return left > 0 ? [...lines, `  … and ${counted(left, "more row")}, see the report`] : lines;
}

import { UsageError } from "../lib/errors.ts";
import { exportPages, type PagesOptions } from "../lib/export/export-pages.ts";
import type { ExportRow } from "../lib/export/export-row.ts";
import { type ExportCounts, exportTo } from "../lib/export/export-to.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../lib/export/formats.ts";
import type { Put } from "../lib/export/writer.ts";
import type { Table } from "../lib/table.ts";
import { selectorOf, type Which } from "./which.ts";

/** What to export in addition to the selected items. */
export type ExportPagesOptions = PagesOptions;

/** How to export, and where to. */
export interface ExportOptions extends PagesOptions {
  format: ExportFormat;
  /** the file, or a function that takes its bytes and resolves when it is ready for more; SQLite needs a file */
  out: string | Put;
  /** also replaces a file that is not an earlier export in this format */
  force?: boolean;
  /** for programs: CSV without the `'` in front of text that looks like a formula, a trace in milliseconds and bytes */
  raw?: boolean;
  /** the program's version, which the file records */
  version?: string;
  /** called with a sentence about what the format cannot hold */
  onRemark?: (remark: string) => void;
}

/** The rows of an export, a page at a time. */
export function rowPages(table: Table, which: Which, options: ExportPagesOptions): AsyncGenerator<ExportRow[]> {
  return exportPages(table, selectorOf(which), options);
}

/** Exports the selected items with their nested tasks. */
export async function exportItems(table: Table, which: Which, options: ExportOptions): Promise<ExportCounts> {
  const { format, out, force, raw = false, version = "", onRemark = () => {}, ...paging } = options;
  if (!EXPORT_FORMATS.includes(format))
    throw new UsageError(`format: expected one of ${EXPORT_FORMATS.join(", ")}, found ${JSON.stringify(format)}`);
  const settings = await table.settings.get(0);
  const context = { table: table.name, settings, nowMs: table.now(), version, raw, onRemark };
  return exportTo(rowPages(table, which, paging), { format, out, force }, context);
}

import type { Settings } from "../store/settings.ts";
import type { ExportRow } from "./export-row.ts";

/** Takes exported rows page by page. */
export interface ExportWriter {
  page(rows: readonly ExportRow[]): Promise<void>;
  end(): Promise<void>;
}

/** Where the bytes of an export go; resolves when there is room for more. */
export type Put = (bytes: string | Uint8Array) => Promise<void>;

/** What an export needs besides the rows. */
export interface ExportContext {
  /** the name of the table */
  table: string;
  settings: Settings;
  nowMs: number;
  /** the version of the program; empty if unknown */
  version: string;
  /** for programs: CSV without the `'` in front of text that looks like a formula, a trace in milliseconds and bytes */
  raw: boolean;
  /** called with a sentence about what the format cannot hold */
  onRemark: (remark: string) => void;
}

/** The formats of an export. */
export const EXPORT_FORMATS = ["csv", "jsonl", "sqlite", "parquet", "trace", "multiqc", "ro-crate"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Formats that are not a stream of text, so they need a file. */
const FILE_FORMATS: readonly ExportFormat[] = ["sqlite", "parquet"];

/** Whether a format can only be written to a file. */
export function needsFile(format: ExportFormat): boolean {
  return FILE_FORMATS.includes(format);
}

import { csvLine } from "../csv-line.ts";
import { COLUMNS, cellOf } from "./columns.ts";
import type { ExportContext, ExportWriter, Put } from "./writer.ts";

/** CSV with a header; lists are JSON arrays in one field. */
export function csvWriter(put: Put, { raw }: ExportContext): ExportWriter {
  const format = raw ? "raw-csv" : "csv";
  let head = csvLine(
    COLUMNS.map(({ name }) => name),
    format,
  );
  return {
    async page(rows) {
      const lines = rows.map((row) =>
        csvLine(
          COLUMNS.map((column) => cellOf(row, column)),
          format,
        ),
      );
      await put(head + lines.join(""));
      head = "";
    },
    end: () => put(head),
  };
}

/** One JSON object per line. */
export function jsonlWriter(put: Put): ExportWriter {
  return {
    page: (rows) => put(rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
    end: async () => {},
  };
}

import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import { COLUMNS, type Column, type ColumnType, cellOf } from "./columns.ts";
import type { ExportRow } from "./export-row.ts";
import type { ExportContext, ExportWriter, Put } from "./writer.ts";

/** The rows of a group stay in memory until it is written. */
const GROUP_ROWS = 5_000;
/** Long scripts end a group earlier: this many characters of them. */
const GROUP_CHARACTERS = 16_000_000;

const TYPES: Record<ColumnType, NonNullable<ColumnSource["type"]>> = {
  text: "STRING",
  integer: "INT64",
  real: "DOUBLE",
  date: "TIMESTAMP",
  list: "STRING",
};

type Cell = string | number | bigint | Date | null;

/** A Parquet file with the same columns as CSV, typed: dates are timestamps in UTC; lists are JSON arrays as text. */
export function parquetWriter(put: Put, { version }: ExportContext): ExportWriter {
  const bytes = new ByteWriter();
  const sourcesOf = (rows: readonly ExportRow[]): ColumnSource[] =>
    COLUMNS.map((column) => ({
      name: column.name,
      type: TYPES[column.type],
      nullable: true,
      data: rows.map((row) => typed(row, column)),
    }));
  const file = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: sourcesOf([]) }),
    createdBy: `anamo ${version}`.trim(),
  });
  let group: ExportRow[] = [];
  let characters = 0;
  /** Passes on what has been written; offsets continue to count. */
  const drain = async () => {
    await put(bytes.getBytes().slice());
    bytes.index = 0;
  };
  const flush = async () => {
    if (group.length === 0) return;
    await file.write({ columnData: sourcesOf(group), rowGroupSize: group.length });
    group = [];
    characters = 0;
    await drain();
  };
  return {
    async page(rows) {
      for (const row of rows) {
        group.push(row);
        characters += (row.script?.length ?? 0) + (row.arg?.length ?? 0);
        if (group.length >= GROUP_ROWS || characters >= GROUP_CHARACTERS) await flush();
      }
    },
    async end() {
      await flush();
      await file.finish();
      await drain();
    },
  };
}

function typed(row: ExportRow, column: Column): Cell {
  const cell = cellOf(row, column);
  if (cell === undefined) return null;
  if (column.type === "integer") return BigInt(cell);
  return column.type === "date" ? new Date(cell) : cell;
}

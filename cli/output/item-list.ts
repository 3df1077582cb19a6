import type { ItemField, ItemRecord } from "../../lib/select/item-fields.ts";
import { cell } from "./cell.ts";
import { statesInColor } from "./color.ts";
import { type CsvFormat, csvLine } from "./csv.ts";
import { JsonArray } from "./json-array.ts";
import { shareText } from "./share-text.ts";
import { writeOut } from "./write-out.ts";

/** The formats of a list of items. */
export type ListFormat = "table" | "json" | "jsonl" | "ids" | CsvFormat;

/** Prints items page by page, so memory does not grow with their number. Returns how many there were. */
export async function printItems(
  pages: AsyncIterable<readonly ItemRecord[]>,
  fields: readonly ItemField[],
  format: ListFormat,
): Promise<number> {
  const printer = PRINTERS[format](fields);
  let count = 0;
  for await (const page of pages) {
    count += page.length;
    await printer.page(page);
  }
  await printer.end();
  return count;
}

interface Printer {
  page(records: readonly ItemRecord[]): Promise<void>;
  end(): Promise<void>;
}

const PRINTERS: Record<ListFormat, (fields: readonly ItemField[]) => Printer> = {
  json: () => {
    const array = new JsonArray();
    return { page: (records) => array.push(records), end: () => array.end() };
  },
  jsonl: () => ({
    page: (records) => writeOut(records.map((record) => `${JSON.stringify(record)}\n`).join("")),
    end: async () => {},
  }),
  csv: (fields) => csvPrinter(fields, "csv"),
  "raw-csv": (fields) => csvPrinter(fields, "raw-csv"),
  ids: () => ({
    page: (records) => writeOut(records.map(({ itemID }) => `${itemID}\n`).join("")),
    end: async () => {},
  }),
  table: tablePrinter,
};

function csvPrinter(fields: readonly ItemField[], format: CsvFormat): Printer {
  let head = csvLine(fields, format);
  return {
    async page(records) {
      const lines = records.map((record) =>
        csvLine(
          fields.map((field) => record[field]),
          format,
        ),
      );
      await writeOut(head + lines.join(""));
      head = "";
    },
    end: () => writeOut(head),
  };
}

/** To a person, `todo` as a class of progress looks like a state; programs get PyAnamo's names. */
function shownValue(record: ItemRecord, field: ItemField): ItemRecord[ItemField] {
  return field === "progress" && record.progress ? shareText(record.progress) : record[field];
}

/** How many items to measure before printing the first. */
const MEASURED = 500;

/**
 * Columns are as wide as the first items need and may grow later, because a list that is still arriving cannot be
 * measured as a whole.
 */
function tablePrinter(fields: readonly ItemField[]): Printer {
  const widths = fields.map((field) => field.length);
  let waiting: string[][] | undefined = [[...fields]];
  const stateColumn = fields.indexOf("state");
  const line = (cells: readonly string[]) => {
    const padded = cells.map((text, column) => text.padEnd(widths[column] ?? 0));
    // before coloring, because the end of a color would hide the blanks
    padded[padded.length - 1] = padded.at(-1)?.trimEnd() ?? "";
    return `${padded
      .map((text, column) => (column === stateColumn ? statesInColor(text) : text))
      .join("  ")
      .trimEnd()}\n`;
  };
  const flush = async () => {
    const rows = waiting ?? [];
    waiting = undefined;
    if (rows.length > 1) await writeOut(rows.map(line).join(""));
  };
  return {
    async page(records) {
      const rows = records.map((record) => fields.map((field) => cell(shownValue(record, field))));
      for (const row of rows)
        for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
      if (!waiting) return writeOut(rows.map(line).join(""));
      waiting.push(...rows);
      if (waiting.length > MEASURED) await flush();
    },
    end: flush,
  };
}

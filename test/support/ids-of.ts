import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";

/* Prints the itemIDs in the output of `anamo`, one per line: `node ids-of.ts csv`, `node ids-of.ts json`. */

interface Listed {
  itemID: string;
}

const input = await text(process.stdin);
const ids = process.argv[2] === "csv" ? idsOfCsv(input) : idsOfJson(JSON.parse(input));
process.stdout.write(ids.map((id) => `${id}\n`).join(""));

/** In CSV, a ' comes before text that a spreadsheet would take for a formula. */
function idsOfCsv(csv: string): string[] {
  const items: Listed[] = parse(csv, { columns: true });
  return items.map(({ itemID }) => itemID.replace(/^'(?=[=+\-@])/, ""));
}

/** Lists are arrays of items; reports have an array in `items`. */
function idsOfJson(printed: Listed[] | { items: Listed[] }): string[] {
  return ("items" in printed ? printed.items : printed).map(({ itemID }) => itemID);
}

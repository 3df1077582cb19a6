import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GUARDS } from "./guards.ts";
import { guardTable } from "./table.ts";

/* node test/guards/write-table.ts: writes the table of guards into docs/reliability.md. */

const path = join(import.meta.dirname, "../../docs/reliability.md");
const text = await readFile(path, "utf8");
const between = /(<!-- guards -->\n)[\s\S]*?(<!-- \/guards -->)/;
await writeFile(
  path,
  text.replace(between, (_, start, end) => `${start}${guardTable(GUARDS)}\n${end}`),
);

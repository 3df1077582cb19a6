import { counted } from "../counted.ts";
import { inStepOrder } from "../depend/step-order.ts";
import { tagOf } from "./tags.ts";
import { tsvLine } from "./tsv-line.ts";
import type { ExportContext, ExportWriter, Put } from "./writer.ts";

/** A value of a tag, and where it comes from. */
interface Found {
  /** distinguishes it from other values of the same sample */
  from: string;
  value: string;
}

/** The tags of a step with one name: their values by sample. */
type Values = Map<string, Found[]>;

/**
 * MultiQC's custom content, a `…_mqc.tsv`: a table of the tags of what is done, samples against names. All values are
 * in memory until the end, because only then are the columns known.
 */
export function multiqcWriter(put: Put, { settings, table, onRemark }: ExportContext): ExportWriter {
  const steps = new Map<string, Map<string, Values>>();
  let unfinished = 0;
  let withoutValue = 0;
  return {
    async page(rows) {
      for (const { state, step, taskID, itemID, taskKey, tagged = [] } of rows) {
        if (state !== "done") {
          unfinished += tagged.length;
          continue;
        }
        for (const line of tagged) {
          const { name, value } = tagOf(line);
          if (value === undefined) {
            withoutValue++;
            continue;
          }
          const samples = entryOf(entryOf(steps, step), name);
          const found = samples.get(taskID) ?? [];
          samples.set(taskID, found);
          found.push({ from: taskKey === undefined ? itemID : `${itemID} ${taskKey}`, value });
        }
      }
    },
    async end() {
      const order = inStepOrder(new Set([...settings.steps.keys(), ...steps.keys()]), settings);
      const columns = columnsOf(order.flatMap((step) => [...(steps.get(step) ?? [])].map((tags) => ({ step, tags }))));
      await put(headOf(table));
      await put(tsvLine(["Sample", ...columns.map(({ title }) => title)]));
      for (const [sample, cells] of [...rowsOf(columns)].sort(([a], [b]) => (a < b ? -1 : 1)))
        await put(tsvLine([safeSample(sample), ...columns.map((_, at) => cells.get(at) ?? "")]));
      if (columns.length === 0) onRemark("there are no tags: no item that is done printed `anamo:<TAB>name<TAB>value`");
      if (withoutValue > 0)
        onRemark(`left out: ${counted(withoutValue, "tagged line")} without a second tab and a value`);
      if (unfinished > 0) onRemark(`left out: ${counted(unfinished, "tag")} of items that are not done`);
    },
  };
}

function entryOf<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const found = map.get(key) ?? new Map<string, V>();
  map.set(key, found);
  return found;
}

interface TagColumn {
  title: string;
  values: Values;
}

/** A name that only one step uses needs no step. */
function columnsOf(all: readonly { step: string; tags: [string, Values] }[]): TagColumn[] {
  const uses = Map.groupBy(all, ({ tags: [name] }) => name);
  return all.map(({ step, tags: [name, values] }) => ({
    title: (uses.get(name)?.length ?? 0) > 1 ? `${step}: ${name}` : name,
    values,
  }));
}

/** The cells by column, by the name of the row. A sample with several values of a tag gets a row for each of them. */
function rowsOf(columns: readonly TagColumn[]): Map<string, Map<number, string>> {
  const rows = new Map<string, Map<number, string>>();
  const set = (row: string, column: number, value: string) => {
    const cells = rows.get(row) ?? new Map<number, string>();
    if (cells.has(column)) return false;
    rows.set(row, cells.set(column, value));
    return true;
  };
  for (const [at, { values }] of columns.entries()) {
    for (const [sample, found] of values) {
      const [first] = found;
      if (first && found.length === 1 && set(sample, at, first.value)) continue;
      for (const { from, value } of found) for (let n = 1; !set(rowName(sample, from, n), at, value); n++);
    }
  }
  return rows;
}

function rowName(sample: string, from: string, n: number): string {
  return `${sample} | ${from}${n > 1 ? ` | ${n}` : ""}`;
}

/** Quotes a line that begins with `#`, so that it is not taken for part of the header. */
function safeSample(sample: string): string {
  return sample.startsWith("#") ? `"${sample}"` : sample;
}

function headOf(table: string): string {
  return [
    "# id: 'anamo_tags'",
    "# section_name: 'anamo'",
    `# description: ${JSON.stringify(`Tags that the tasks of ${table} printed.`)}`,
    "# plot_type: 'table'",
    "# pconfig:",
    "#     id: 'anamo_tags_table'",
    "#     title: 'anamo: tags'",
    "#     namespace: 'anamo'",
    "",
  ].join("\n");
}

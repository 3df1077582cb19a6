import { Command, Option } from "commander";
import { DEFAULT_FIELDS, ITEM_FIELDS, type ItemField, parseFields } from "../../lib/select/item-fields.ts";
import type { LeftOut } from "../../lib/select/select-ids.ts";
import { checkedBy, wholeNumber } from "../flags/flag-values.ts";
import { addSelectorFlags, SELECTOR_HELP, type SelectorFlags, samplesOf, whichOf } from "../flags/selector-flags.ts";
import { addTargetFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { checkRaw, csvFormat, RAW_HELP } from "../output/csv.ts";
import { type ListFormat, printItems } from "../output/item-list.ts";
import { LeftOutNotes } from "../output/left-out.ts";
import { reportSlowSamples } from "../output/slow-samples.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";

interface ItemsFlags extends TargetFlags, SelectorFlags {
  fields?: ItemField[];
  json?: boolean;
  jsonl?: boolean;
  csv?: boolean;
  raw?: boolean;
  limit?: number;
  ids?: boolean;
}

/** `anamo items`: a list of items. */
export function itemsCommand(): Command {
  const command = addSelectorFlags(new Command("items").alias("ls").description("Lists items: all, or a selection."));
  return addTargetFlags(command)
    .option("--fields <fields>", "comma-separated fields (default: those of the index)", checkedBy(parseFields))
    .addOption(new Option("--json", "print one JSON array").conflicts(["csv", "ids", "jsonl"]))
    .addOption(new Option("--jsonl", "print a JSON object per line").conflicts(["csv", "ids"]))
    .addOption(new Option("--csv", "print CSV, with a ' before what looks like a formula").conflicts("ids"))
    .option("--raw", RAW_HELP)
    .option("--limit <n>", "at most this many; reads no more than necessary", wholeNumber)
    .addOption(new Option("--ids", "print only the itemIDs, one per line, for a pipe").conflicts("fields"))
    .addHelpText("after", helpText())
    .action(async (ids: string[], flags: ItemsFlags) => {
      checkRaw(flags);
      const fields = fieldsOf(flags);
      const notes = new LeftOutNotes();
      await withTable(flags, async (workflow, table) => {
        const onLeftOut = (leftOut: LeftOut) => notes.add(leftOut);
        const format = formatOf(flags);
        const count = await printItems(
          workflow.itemPages(whichOf(ids, flags), { fields, onLeftOut, limit: flags.limit }),
          fields,
          format,
        );
        if (count === 0 && format === "table") process.stderr.write(`No item in ${table} matches.\n`);
        if (samplesOf(flags)) await reportSlowSamples(workflow);
        const isMistyped = await reportUnknownSteps(workflow, flags.step);
        process.exitCode = isMistyped || notes.count > 0 ? 1 : 0;
      });
    });
}

function fieldsOf({ fields, ids }: ItemsFlags): ItemField[] {
  if (fields) return fields;
  return ids ? ["itemID"] : [...DEFAULT_FIELDS];
}

function formatOf({ json, jsonl, csv, raw, ids }: ItemsFlags): ListFormat {
  if (json) return "json";
  if (jsonl) return "jsonl";
  if (csv) return csvFormat({ raw });
  return ids ? "ids" : "table";
}

const HELP_COLUMNS = 80;

function helpText(): string {
  const others = ITEM_FIELDS.filter((field) => !DEFAULT_FIELDS.includes(field));
  return `
${SELECTOR_HELP}
Exit code 1 if a named itemID or step does not exist.

${wrapped(`Fields of the index: ${DEFAULT_FIELDS.join(", ")}`)}
${wrapped(`Others, for which rows are read: ${others.join(", ")}`)}

Examples:
  anamo items --state failed --fields itemID,cause,exitCode,message
  anamo items --step align --csv --raw > align.csv
  anamo items --state failed --exit-code 137 --ids | anamo reset - --yes`;
}

function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + 1 + word.length > HELP_COLUMNS) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}

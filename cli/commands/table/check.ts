import { Command } from "commander";
import { LACKS_MEMBERS, layoutOf, type TableCheck } from "../../../lib/tables/check-table.ts";
import { counted } from "../../output/counted.ts";
import { print } from "../../output/print.ts";
import { table } from "../../output/table.ts";
import { ownLine } from "../../own-command.ts";
import { addTableFlags, onTable, type TableFlags } from "./target.ts";

/** `anamo table check`: whether the table is as anamo creates it, and what differs. */
export function checkCommand(): Command {
  return addTableFlags(new Command("check").description("Compares a table with what anamo needs."))
    .option("--schema", "also print everything that DynamoDB says about the table")
    .addHelpText(
      "after",
      "\nExit code 1 if the table does not exist or differs.\n\nExamples:\n  anamo table check --table cohort1\n  anamo table check --schema --json | jq .description.ItemCount",
    )
    .action(async (flags: TableFlags & { schema?: boolean }) => {
      await onTable(flags, async (workflow) => {
        const found = await workflow.checkTable();
        const { description, ...check } = found;
        const schema = flags.schema && description ? `\n${JSON.stringify(description, undefined, 2)}` : "";
        print(flags.json, flags.schema ? found : check, () => `${checkText(found)}${schema}`);
        process.exitCode = check.ok ? 0 : 1;
      });
    });
}

function checkText({ table: name, exists, ok, differences, description = {} }: TableCheck): string {
  if (!exists) return `There is no table ${name}.`;
  if (ok) return `Table ${name} is as it should be, with about ${counted(description.ItemCount ?? 0, "row")}.`;
  const rows = differences.map(({ what, expected, found }) => [what, expected, found]);
  return [
    `Table ${name} differs:`,
    table(["what", "expected", "found"], rows),
    ...(differences.some(({ what }) => what === LACKS_MEMBERS.what)
      ? [
          `An earlier version made it: "${ownLine(`table upgrade --table ${name}`)}" adds what is missing; workers may run.`,
        ]
      : []),
    ...(layoutOf(description) === "pyanamo"
      ? [`It looks like one of PyAnamo's: "${ownLine(`table migrate --from ${name}`)}" copies its items.`]
      : []),
  ].join("\n");
}

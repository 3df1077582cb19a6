import { Command } from "commander";
import { awsName } from "../../../worker/flag-names.ts";
import { INTERRUPTED_EXIT_CODE, interruptible } from "../../interrupts.ts";
import { print } from "../../output/print.ts";
import { migrateText, readSoFar } from "./migrate-text.ts";
import { addTableFlags, onTable, type TableFlags } from "./target.ts";

interface MigrateFlags extends TableFlags {
  from: string;
  step?: string;
  dryRun?: boolean;
}

/** `anamo table migrate`: copies the items of a PyAnamo table. */
export function migrateCommand(): Command {
  return addTableFlags(
    new Command("migrate").description("Copies the items of a PyAnamo table; changes nothing in it."),
  )
    .requiredOption("--from <old>", "the PyAnamo table, in the same region", awsName("table"))
    .option("-s, --step <step>", 'the step of all its items (default: "default")')
    .option("--dry-run", "only show what would be copied")
    .addHelpText(
      "after",
      `
Stop PyAnamo's workers first: locked items become todo.
Running it again adds what is missing.
Exit code 1 if items could not be copied; they are listed.

Examples:
  anamo table migrate --from Old_Calls --table cohort1 --step call --dry-run
  anamo table migrate --from Old_Calls --table cohort1 --step call`,
    )
    .action(async (flags: MigrateFlags) => {
      await onTable(flags, async (workflow) => {
        const report = await interruptible((signal) =>
          workflow.migrateFrom(flags.from, {
            step: flags.step,
            dryRun: flags.dryRun,
            onProgress: flags.json ? undefined : readSoFar(process.stdout),
            signal,
          }),
        );
        print(flags.json, report, () => migrateText(report));
        process.exitCode = report.complete ? (report.problems.length > 0 ? 1 : 0) : INTERRUPTED_EXIT_CODE;
      });
    });
}

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

/** `anamo table migrate`: brings the items of a PyAnamo table over. */
export function migrateCommand(): Command {
  return addTableFlags(
    new Command("migrate").description("Brings the items of a PyAnamo table over; changes nothing in it."),
  )
    .requiredOption("--from <old>", "the table of PyAnamo's layout, in the same region", awsName("table"))
    .option("-s, --step <step>", 'the step of all its items (default: "default")')
    .option("--dry-run", "only say what would be brought over")
    .addHelpText(
      "after",
      `
Stop PyAnamo's workers first: what is locked becomes todo.
Run it again, and it adds what is missing.
Exit code 1 if items could not be brought over; they are named.

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

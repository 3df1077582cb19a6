import { Command } from "commander";
import { awaitImport, reportMark } from "../run/await-import.ts";
import { dryRun, dryRunJson, dryRunText } from "../run/dry-run.ts";
import { addImportFlags } from "../run/import-flags.ts";
import { importLine, importRemarks } from "../run/import-text.ts";
import { checkImport, type ImportFlags, importKey, upload } from "../run/upload.ts";
import { addTargetFlags, type TargetFlags, targetBucket } from "../target.ts";

/** `anamo import FILE`: drops a task file into the bucket and tells what the import function made of it. */
export function importCommand(): Command {
  const command = new Command("import")
    .description("Drops a task file into the bucket and waits until it is imported.")
    .argument("<file>", "the task file: delimited text or JSON Lines, .gz too");
  return addTargetFlags(addImportFlags(command))
    .option("--dry-run", "only read the file here and show what would be added: touches nothing, asks nobody")
    .option("--json", "print the import's report as JSON")
    .addHelpText(
      "after",
      `
Exit code 1 if rows were rejected, 2 if no row of the file can be used.

Examples:
  anamo import align.txt --step align
  anamo import again.txt --on-duplicate reset
  anamo import align.txt --dry-run`,
    )
    .action(async (file: string, flags: TargetFlags & ImportFlags & { dryRun?: boolean; json?: boolean }) => {
      await checkImport(file, flags);
      if (flags.dryRun) {
        const found = await dryRun(file, flags);
        process.stdout.write(`${flags.json ? dryRunJson(found) : dryRunText(found)}\n`);
        process.exitCode = found.rejected > 0 ? 1 : 0;
        return;
      }
      const { s3, bucket, close } = targetBucket(flags, process.env);
      try {
        const before = await reportMark(s3, bucket, importKey(file, flags));
        const key = await upload(s3, bucket, file, flags);
        const report = await awaitImport(s3, bucket, key, before);
        const { rejectedKey } = report;
        const text = [
          report.status === "rejected" ? `${file}: ${report.message}` : importLine(report),
          ...importRemarks(report, rejectedKey && `s3://${bucket}/${rejectedKey}`),
          `report: s3://${bucket}/${report.reportKey}`,
        ].join("\n");
        process.stdout.write(`${flags.json ? JSON.stringify(report) : text}\n`);
        process.exitCode = report.status === "rejected" ? 2 : report.rejected > 0 ? 1 : 0;
      } finally {
        close();
      }
    });
}

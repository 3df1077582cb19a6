import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { USUAL_TABLE } from "../../local/stack-file.ts";
import type { DropFileOptions, ImportReport } from "../../workflow/import-file.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { importWords } from "../flags/import-flags.ts";
import { ownCommand } from "../own-command.ts";
import { dirWords } from "../stack-folder.ts";
import type { Retry } from "./retry.ts";

/** The default folder and table of a run. */
export const DEFAULT_DIR = ".anamo";
export const DEFAULT_TABLE = USUAL_TABLE;

/** Copies the rejected rows out of the bucket, so that a person can fix them. */
export async function saveRejected(workflow: Workflow, report: ImportReport, dir: string): Promise<string | undefined> {
  const rows = await workflow.rejectedRows(report);
  if (!rows || !report.rejectedKey) return undefined;
  const folder = join(dir, "rejected");
  await mkdir(folder, { recursive: true });
  const path = join(folder, basename(report.rejectedKey));
  await writeFile(path, rows);
  return path;
}

/** Whether rows of existing items are not imported, whatever they say. */
function isLeftAlone({ onDuplicate }: DropFileOptions): boolean {
  return onDuplicate === "skip" || onDuplicate === "fail";
}

/** The command that runs a file with the options of another run. */
export function runAgain(
  file: string,
  {
    imports,
    dir,
    table,
    retry,
    workerEnv: { ANAMO_PIPELINE: pipeline = process.cwd() },
  }: {
    imports: DropFileOptions;
    dir: string;
    table: string;
    retry: Retry | undefined;
    workerEnv: Readonly<Record<string, string>>;
  },
): string[] {
  return [
    ...ownCommand(),
    "run",
    ...importWords(file, imports),
    ...dirWords(dir),
    // their items may have failed, and should run what the fixed rows say
    ...(retry && !isLeftAlone(imports)
      ? ["--retry-list", ...(retry.steps ?? []).flatMap((step) => ["--retry-step", step])]
      : []),
    ...(table === DEFAULT_TABLE ? [] : ["--table", table]),
    ...(pipeline === process.cwd() ? [] : ["--pipeline", pipeline]),
  ];
}

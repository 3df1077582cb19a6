import { systemCode, UsageError } from "../errors.ts";
import { crateWriter } from "./crate-writer.ts";
import { isEarlierExport } from "./earlier-export.ts";
import type { ExportRow } from "./export-row.ts";
import type { ExportFormat } from "./formats.ts";
import { multiqcWriter } from "./multiqc-writer.ts";
import { sqliteWriter } from "./sqlite-writer.ts";
import { csvWriter, jsonlWriter } from "./text-writers.ts";
import { isReplaceable, toFile, toWholeFile } from "./to-file.ts";
import { traceWriter } from "./trace-writer.ts";
import type { ExportContext, ExportWriter, Put } from "./writer.ts";

/** How many rows were exported. */
export interface ExportCounts {
  items: number;
  tasks: number;
}

/** Where an export goes; `force` also replaces a file that is not an earlier export. */
export interface ExportTarget {
  format: ExportFormat;
  out: string | Put;
  force?: boolean | undefined;
}

/**
 * Writes pages of rows to a file, or to a function that takes its bytes. Throws a UsageError rather than replace a
 * user's own file.
 */
export async function exportTo(
  pages: AsyncIterable<readonly ExportRow[]>,
  { format, out, force = false }: ExportTarget,
  context: ExportContext,
): Promise<ExportCounts> {
  const counts: ExportCounts = { items: 0, tasks: 0 };
  const pump = async (writer: ExportWriter) => {
    for await (const rows of pages) {
      for (const { kind } of rows) counts[kind === "item" ? "items" : "tasks"]++;
      await writer.page(rows);
    }
    await writer.end();
  };
  if (typeof out === "string" && !force) await checkReplaceable(out, format);
  if (format === "sqlite") {
    if (typeof out !== "string") throw new UsageError("a SQLite database needs a file of its own");
    await toDatabase(out, context, pump);
    return counts;
  }
  const make = await writerOf(format);
  if (typeof out === "string") await toFile(out, (put) => pump(make(put, context)));
  else await pump(make(out, context));
  return counts;
}

/** Throws a UsageError rather than replace a user's own file, or one that nobody can look into. */
async function checkReplaceable(file: string, format: ExportFormat): Promise<void> {
  if (!(await isReplaceable(file))) return;
  const isOurs = await isEarlierExport(file, format).catch((error: unknown) => {
    const why = `and cannot be read to see whether it is an earlier export (${systemCode(error) ?? String(error)})`;
    throw new UsageError(`${file} is there already, ${why}: ${FORCE_HINT}`, { cause: error });
  });
  if (!isOurs)
    throw new UsageError(`${file} is there already and is not an export of anamo in this format: ${FORCE_HINT}`);
}

const FORCE_HINT = "give another name, or --force to replace it";

type MakeWriter = (put: Put, context: ExportContext) => ExportWriter;

/** Loads Parquet's library only if it is used. */
async function writerOf(format: Exclude<ExportFormat, "sqlite">): Promise<MakeWriter> {
  return format === "parquet" ? (await import("./parquet-writer.ts")).parquetWriter : TEXT_WRITERS[format];
}

const TEXT_WRITERS: Record<Exclude<ExportFormat, "sqlite" | "parquet">, MakeWriter> = {
  csv: csvWriter,
  jsonl: jsonlWriter,
  trace: traceWriter,
  multiqc: multiqcWriter,
  "ro-crate": crateWriter,
};

async function toDatabase(
  file: string,
  context: ExportContext,
  pump: (writer: ExportWriter) => Promise<void>,
): Promise<void> {
  await toWholeFile(file, async (draft) => {
    const writer = await sqliteWriter(draft, context);
    try {
      await pump(writer);
    } finally {
      writer.close();
    }
  });
}

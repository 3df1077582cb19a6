import { open } from "node:fs/promises";
import { COLUMNS } from "./columns.ts";
import type { ExportFormat } from "./formats.ts";
import { isOurDatabase } from "./sqlite-writer.ts";

/** How many bytes at each end of a file are checked. */
const CHECKED_BYTES = 4_096;

/** Whether a file is an export in this format, or empty, so that a new export may replace it. */
export async function isEarlierExport(file: string, format: ExportFormat): Promise<boolean> {
  const { size, first, last } = await endsOf(file);
  if (size === 0) return true;
  switch (format) {
    case "csv":
      return first.startsWith(`${COLUMNS.slice(0, 5).map(({ name }) => name)},`);
    case "jsonl":
      return /^\{"kind":"(item|task)","itemID":"/.test(first);
    case "trace":
      return first.startsWith("task_id\thash\tnative_id\tprocess\ttag\tname\tstatus\texit\tsubmit\tstart\tcomplete\t");
    case "multiqc":
      return first.startsWith("# id: 'anamo_tags'\n");
    case "ro-crate":
      return (
        first.startsWith('{"@context": ["https://w3id.org/ro/crate/1.1/context",') &&
        (last.includes("#run-1") || last.includes("What the tasks of the table "))
      );
    case "parquet":
      return first.startsWith("PAR1") && last.includes("anamo");
    case "sqlite":
      return isOurDatabase(file);
    default:
      return format satisfies never;
  }
}

/** The size of a file, and both of its ends. */
async function endsOf(file: string): Promise<{ size: number; first: string; last: string }> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const read = async (from: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHECKED_BYTES), 0, CHECKED_BYTES, Math.max(0, from));
      return buffer.toString("latin1", 0, bytesRead);
    };
    return { size, first: await read(0), last: await read(size - CHECKED_BYTES) };
  } finally {
    await handle.close();
  }
}

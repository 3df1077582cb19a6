import { ruleFor } from "../lib/changes/on-duplicate.ts";
import { type Effect, previewRows } from "../lib/import/preview.ts";
import type { ItemState } from "../lib/items/states.ts";
import type { Clients } from "./clients.ts";
import type { DropFileOptions } from "./import-file.ts";
import { asAdded, type FileItem, type FileRow, type ReadFileOptions, readNewItems } from "./read-file.ts";

/** How a task file would be imported. */
export type PreviewOptions = ReadFileOptions & Pick<DropFileOptions, "onDuplicate" | "onChanged" | "retrySteps">;

/** A row that can be used, and what an import would do with it. */
export interface PreviewedItem {
  line: number;
  item: FileItem;
  problems?: undefined;
  effect: Effect;
  /** of an item that exists: its state */
  state?: ItemState;
  /** of an item that exists: the row differs from the table */
  different?: boolean;
}

/** What an import would do with a row, or what is wrong with it. */
export type PreviewRow = PreviewedItem | Exclude<FileRow, { item: FileItem }>;

/** Reports what an import of a file would do with each row now. Changes nothing. */
export async function* previewFile(
  { table, wording }: Clients,
  file: string,
  { onDuplicate = "skip", onChanged, retrySteps, ...reading }: PreviewOptions,
): AsyncGenerator<PreviewRow> {
  const rows = readNewItems(file, reading, wording);
  const reportsChanges = reading.workflow !== undefined || reading.script !== undefined;
  for await (const row of previewRows(table, rows, {
    onDuplicate: ruleFor(onDuplicate, onChanged),
    retrySteps,
    reportsChanges,
  })) {
    if (!row.item) {
      yield row;
      continue;
    }
    const { line, item, effect, old, different } = row;
    yield {
      line,
      item: asAdded(item),
      effect,
      ...(old && { state: old.state }),
      ...(different !== undefined && { different }),
    };
  }
}

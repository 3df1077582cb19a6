import { ResourceNotFoundException } from "@aws-sdk/client-dynamodb";
import type { SheetItems } from "../lib/import/plan-study.ts";
import { type Summary, summarize } from "../lib/progress/summarize.ts";
import type { Table } from "../lib/table.ts";
import { itemPages } from "./items.ts";

/**
 * Items of the table that a workflow and a sheet do not make: from rows or steps that were removed, or from other
 * lists.
 */
export interface NotInSheet {
  /** samples that are not in the sheet, and how many items they have in the steps of the workflow */
  samples: { sample: string; items: number }[];
  /** itemIDs of samples in the sheet, in steps of the workflow that no longer include these samples */
  itemIDs: string[];
  /** steps that are not in the workflow */
  steps: { step: string; items: number }[];
}

/**
 * Finds the items that a workflow and a sheet do not make. Reads the items of a step only if it has more of them than
 * the sheet makes. If rows were rejected, what is missing is unknown, so it compares only steps.
 */
export async function notInSheet(
  table: Table,
  { steps, samples, hasRejected }: SheetItems,
  summary?: Pick<Summary, "steps">,
): Promise<NotInSheet> {
  const stored = summary?.steps ?? (await stepsOf(table));
  const found: NotInSheet = { samples: [], itemIDs: [], steps: [] };
  const gone = new Map<string, number>();
  for (const [step, { items }] of Object.entries(stored)) {
    const total = Object.values(items).reduce((sum, count) => sum + count, 0);
    const made = steps.get(step);
    if (!made && total > 0) found.steps.push({ step, items: total });
    if (!made || hasRejected || total <= made.ids.size - made.added) continue;
    for await (const page of itemPages(table, { steps: [step] }, {})) {
      for (const item of page) {
        const [itemID, sample] = [String(item.itemID), String(item.taskID)];
        if (made.ids.has(itemID)) continue;
        if (samples.has(sample)) found.itemIDs.push(itemID);
        else gone.set(sample, (gone.get(sample) ?? 0) + 1);
      }
    }
  }
  found.samples = [...gone].map(([sample, items]) => ({ sample, items }));
  return found;
}

async function stepsOf(table: Table): Promise<Summary["steps"]> {
  try {
    return (await summarize(table, { withoutRanges: true })).steps;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return {};
    throw error;
  }
}

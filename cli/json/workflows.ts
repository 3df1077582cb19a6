import * as z from "zod";
import type { StoredWorkflow } from "../../workflow/stored-workflow.ts";
import type { PlanReport } from "../commands/plan.ts";
import { textRemarks } from "./imports.ts";
import { count, exactly, inputsRemoved, itemID, step, taskID } from "./parts.ts";

/** `anamo plan` */
export const plan = exactly<PlanReport>()(
  z.strictObject({
    sheet: z.string(),
    workflow: z.string().optional().describe("the workflow file; absent with --script"),
    sampleColumn: z.string().describe("the column with the ids of the samples"),
    samples: count,
    rows: count.describe("rows of the sheet, without comments and blank ones"),
    rejected: count.describe("rows, and items, that cannot be imported"),
    rejectedRows: z.array(z.strictObject({ line: count, messages: z.array(z.string()) })),
    odd: z
      .strictObject({
        empty: z
          .array(z.strictObject({ column: z.string(), rows: count, line: count.describe("of the first such row") }))
          .describe("columns that scripts name, without a value in some rows"),
        alike: z.array(z.array(taskID)).describe("samples whose ids differ only in upper and lower case"),
      })
      .describe("values that are usable, but often not intended"),
    steps: z
      .array(
        z.strictObject({
          step,
          after: z.array(step).describe("steps whose items of the same sample or group it waits for"),
          afterAll: z.array(step).describe("steps all of whose items it waits for"),
          allowFailed: z.string().optional(),
          by: z
            .array(z.string())
            .describe("columns: one item for each combination of their values; empty: one item in total"),
          items: count,
          tasks: count,
          added: count,
          changed: count.describe("existing items that would be changed to what the workflow and the sheet now say"),
          left: count.describe("existing items that would be left as they are"),
          leftDifferent: count.describe("of those left: the workflow or the sheet now say something else"),
          rejected: count.describe("items whose itemID is in another step, or is made twice"),
        }),
      )
      .describe("in workflow order"),
    notInSheet: z
      .strictObject({
        samples: z
          .array(z.strictObject({ sample: taskID, items: count }))
          .describe("samples that are not in the sheet"),
        itemIDs: z.array(itemID).describe("items of samples in the sheet that the workflow does not make"),
        steps: z.array(z.strictObject({ step, items: count })).describe("steps that are not in the workflow"),
      })
      .describe("items in the table that the workflow and the sheet do not make"),
    outdated: z
      .array(z.strictObject({ step, items: count, itemIDs: z.array(itemID).describe("the first few") }))
      .describe("done items that would keep what they made from the results of items that start over"),
    inputsRemoved: inputsRemoved.optional(),
    mermaid: z.string().describe("the steps as a Mermaid flowchart"),
    ...textRemarks.shape,
  }),
);

/** `anamo workflow put` */
export const storedWorkflow = exactly<StoredWorkflow>()(
  z.strictObject({
    name: z.string(),
    bucket: z.string(),
    key: z.string().describe("the workflow in the bucket"),
    imports: z.string().describe("the folder for its sample sheets"),
    steps: z.array(step),
    replaced: z.boolean().describe("true if it replaced a workflow of that name"),
  }),
);

import * as z from "zod";
import type { StoredWorkflow } from "../../workflow/stored-workflow.ts";
import type { PlanReport } from "../commands/plan.ts";
import { textRemarks } from "./imports.ts";
import { count, exactly, itemID, step, taskID } from "./parts.ts";

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
      .describe("values that can be used, and are often not meant"),
    steps: z
      .array(
        z.strictObject({
          step,
          after: z.array(step).describe("steps whose items of the same sample or group it waits for"),
          afterAll: z.array(step).describe("steps all of whose items it waits for"),
          allowFailed: z.string().optional(),
          by: z
            .array(z.string())
            .describe("columns: one item for each combination of their values; empty: one item in all"),
          items: count,
          tasks: count,
          added: count,
          changed: count.describe("items that exist and would take what workflow and sheet say now"),
          left: count.describe("items that exist and would be left as they are"),
          leftDifferent: count.describe("of those left: workflow or sheet say something else now"),
          rejected: count.describe("items whose itemID is in another step, or made twice"),
        }),
      )
      .describe("in the order of the work"),
    notInSheet: z
      .strictObject({
        samples: z.array(z.strictObject({ sample: taskID, items: count })).describe("samples that the sheet lacks"),
        itemIDs: z.array(itemID).describe("items of samples in the sheet that the workflow does not make"),
        steps: z.array(z.strictObject({ step, items: count })).describe("steps that the workflow lacks"),
      })
      .describe("items in the table that workflow and sheet do not make"),
    outdated: z
      .array(z.strictObject({ step, items: count, itemIDs: z.array(itemID).describe("the first few") }))
      .describe("done items that would keep the results of items that start over"),
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
    replaced: z.boolean().describe("there was one of that name"),
  }),
);

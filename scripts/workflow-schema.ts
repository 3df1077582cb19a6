import * as z from "zod";
import { ITEM_SETTINGS } from "../lib/items/item-settings.ts";
import type { STEP_KEYS } from "../lib/study/read-step.ts";

/* The schema of workflow files, for editors: docs/workflow.schema.json. A test compares it with the parser. */

const name = z.string().min(1);
const names = (description: string) => z.union([name, z.array(name).min(1)]).describe(description);
const scalar = z.union([z.string(), z.number()]);

function level({ min, max }: { min: number; max: number }, description: string) {
  return z.number().int().min(min).max(max).describe(description);
}

function time({ max }: { max: number }, description: string) {
  const seconds = z.number().int().min(1).max(max);
  return z.union([seconds, z.string().regex(/^([0-9]+[smhd])+$/)]).describe(`${description}: 6h, 90m, 30s, or seconds`);
}

const step = z.strictObject({
  script: z
    .string()
    .min(1)
    .describe("what bash runs: {column} is the value in the sheet, quoted; {column*} all values; {{x}} a literal {x}"),
  after: names("steps: wait for the items of the same sample").optional(),
  afterAll: names("steps: wait for all their items").optional(),
  afterItems: names("itemIDs: wait for these").optional(),
  allowFailed: z
    .union([z.number().int().min(0), z.string().regex(/^([0-9]{1,9}|[0-9]{1,3}(\.[0-9]{1,2})?%)$/)])
    .describe("how many items of each step in afterAll may have failed: a number, or a share such as 2%")
    .optional(),
  group: names("columns: one item for each combination of their values").optional(),
  once: z.boolean().describe("true: one item in all; false: one for each sample").optional(),
  when: z.string().describe('which rows it is for: "{layout} == paired and {lane} != L001"').optional(),
  args: z
    .union([z.array(scalar).min(1), z.strictObject({ file: name }), z.strictObject({ column: name })])
    .describe("one nested task for each: a list, the lines of a file, or a column")
    .optional(),
  inputs: names(
    "what is in ./inputs/ when the script starts: steps of after and afterAll, s3:// URIs, paths from the pipeline folder",
  ).optional(),
  keep: z
    .enum(["forever", "until-followers-done"])
    .describe("how long the results of its items stay: forever (default), or until all that waits for them is done")
    .optional(),
  timeout: time(ITEM_SETTINGS.timeoutMs, ITEM_SETTINGS.timeoutMs.help).optional(),
  attempts: level(ITEM_SETTINGS.maxAttempts, ITEM_SETTINGS.maxAttempts.help).optional(),
  lease: time(ITEM_SETTINGS.leaseMs, ITEM_SETTINGS.leaseMs.help).optional(),
  priority: level(ITEM_SETTINGS.priority, ITEM_SETTINGS.priority.help).optional(),
} satisfies Record<(typeof STEP_KEYS)[number], z.ZodType>);

const workflow = z
  .strictObject({
    sample: name.describe("the column with the ids of the samples").optional(),
    steps: z.record(name, step).describe("the steps by their names"),
  })
  .meta({ title: "anamo workflow file" });

/** The schema in the form that editors accept: most of them know draft 7. */
export function workflowSchema(): object {
  return z.toJSONSchema(workflow, { target: "draft-7" });
}

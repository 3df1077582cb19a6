import * as z from "zod";
import type { Scaled } from "../../lib/autoscaling/read.ts";
import type { AutoscalingSet } from "../../lib/autoscaling/set.ts";
import type { TableUpgrade } from "../../lib/depend/upgrade-table.ts";
import type { MigrateReport } from "../../lib/migrate/migrate-from.ts";
import type { TableCheck } from "../../lib/tables/check-table.ts";
import type { ListedTable } from "../../lib/tables/list-tables.ts";
import type { CapacityNow } from "../../lib/tables/table-capacity.ts";
import { count, exactly, itemID, seconds, step, table } from "./parts.ts";

/** `anamo table create` */
export const created = z.strictObject({ table, outcome: z.enum(["created", "existed"]) });
export type Created = z.output<typeof created>;

/** `anamo table delete` */
export const deleted = z.strictObject({
  table,
  outcome: z.enum(["deleted", "missing", "kept"]).describe("kept: not deleted, because the user did not confirm"),
});
export type Deleted = z.output<typeof deleted>;

/** `anamo table check` */
export const check = exactly<Omit<TableCheck, "description"> & { description?: Record<string, unknown> }>()(
  z.strictObject({
    table,
    exists: z.boolean(),
    ok: z.boolean().describe("the table exists, is active, and nothing differs"),
    differences: z.array(z.strictObject({ what: z.string(), expected: z.string(), found: z.string() })),
    description: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("with --schema: DynamoDB's DescribeTable output"),
  }),
);

/** `anamo table upgrade` */
export const upgraded = exactly<TableUpgrade & { table: string }>()(
  z.strictObject({
    table,
    changed: z.boolean().describe("false: nothing was missing"),
    members: count.describe("how many items can now be found by their samples"),
  }),
);

/** `anamo table list` */
export const list = exactly<ListedTable[]>()(
  z.array(
    z.strictObject({
      name: z.string(),
      layout: z.enum(["anamo", "pyanamo", "other"]),
      differences: count.optional().describe("only for anamo's layout: the number of differences from the schema"),
      status: z.string().describe("as DynamoDB spells it: ACTIVE"),
      billing: z.enum(["on-demand", "provisioned"]),
      rows: count.describe("DynamoDB's count from some hours ago"),
      bytes: count.describe("DynamoDB's count from some hours ago"),
    }),
  ),
);

const units = z.strictObject({
  read: count,
  write: count,
  decreasesToday: count.describe("AWS allows a few a day"),
});

const scaled = exactly<Scaled>()(
  z.strictObject({
    index: z.string().optional().describe("absent: the table itself"),
    kind: z.enum(["read", "write"]),
    min: count.describe("units per second"),
    max: count.describe("units per second"),
    policy: z.string().optional(),
    targetPercent: z.number().optional().describe("the utilization to aim at, in percent"),
    scaleOutCooldownSeconds: seconds.optional(),
    scaleInCooldownSeconds: seconds.optional(),
  }),
);

const capacityNow = z.strictObject({
  table,
  mode: z.enum(["on-demand", "provisioned"]),
  units: units.optional().describe("units per second; absent on demand"),
  indexes: z.record(z.string(), units.optional()).describe("the same for each index, by name"),
});

/** `anamo table capacity` */
export const capacity = exactly<
  CapacityNow & { autoscaling?: Scaled[]; autoscalingUnknown?: string; changed?: boolean }
>()(
  z.strictObject({
    ...capacityNow.shape,
    autoscaling: z.array(scaled).optional().describe("what is scaled, if known"),
    autoscalingUnknown: z.string().optional().describe("why it is unknown what is scaled"),
    changed: z.boolean().optional().describe("when setting a capacity: false if it was set already"),
  }),
);

/** `anamo table autoscale` */
export const autoscaling = exactly<{ table: string; autoscaling: Scaled[] }>()(
  z.strictObject({ table, autoscaling: z.array(scaled) }),
);

/** `anamo table autoscale --max …` */
export const autoscalingSet = exactly<AutoscalingSet["now"] & Pick<AutoscalingSet, "provisioned">>()(
  z.strictObject({
    ...capacityNow.shape,
    autoscaling: z.array(scaled),
    provisioned: z.boolean().describe("it was on demand before and was switched to provisioned capacity"),
  }),
);

/** `anamo table autoscale --off` */
export const autoscalingEnded = exactly<{ table: string; ended: Scaled[] }>()(
  z.strictObject({ table, ended: z.array(scaled).describe("what was scaled before") }),
);

/** `anamo table migrate` */
export const migration = exactly<MigrateReport>()(
  z.strictObject({
    from: z.string().describe("the PyAnamo table"),
    table,
    step: step.describe("the step of all items"),
    dryRun: z.boolean().describe("nothing was written: `added` counts what would have been"),
    complete: z.boolean().describe("false if it was stopped before the end"),
    read: count.describe("the sum of added, existed and the number of problems"),
    added: count,
    existed: count.describe("items whose itemID was already in the table, which were left alone"),
    items: z
      .strictObject({ todo: count, done: count, failed: count, held: count })
      .describe("items added, by their new state"),
    tasks: z.strictObject({ done: count, failed: count, total: count }).describe("nested tasks of the items added"),
    unlocked: count.describe("of the items added: locked in PyAnamo, now todo"),
    wallTimeExceeded: count.describe("of the items added: stopped by PyAnamo's wall time, now todo"),
    undated: count.describe("of the items added: done or failed, but without a readable date"),
    logsCut: count.describe("logs too long for a row: only their ends were kept"),
    heldFor: z.record(z.string(), count).describe("how many of the added items are held, by reason"),
    problems: z.array(z.strictObject({ itemID, why: z.string() })).describe("items that were not migrated, and why"),
  }),
);

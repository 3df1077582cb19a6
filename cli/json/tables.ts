import * as z from "zod";
import type { Scaled } from "../../lib/autoscaling/read.ts";
import type { AutoscalingSet } from "../../lib/autoscaling/set.ts";
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
  outcome: z.enum(["deleted", "missing", "kept"]).describe("kept: a person was asked and did not agree"),
});
export type Deleted = z.output<typeof deleted>;

/** `anamo table check` */
export const check = exactly<Omit<TableCheck, "description"> & { description?: Record<string, unknown> }>()(
  z.strictObject({
    table,
    exists: z.boolean(),
    ok: z.boolean().describe("it is there, can be used, and nothing differs"),
    differences: z.array(z.strictObject({ what: z.string(), expected: z.string(), found: z.string() })),
    description: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("with --schema: what DynamoDB says of it, as its DescribeTable spells it"),
  }),
);

/** `anamo table list` */
export const list = exactly<ListedTable[]>()(
  z.array(
    z.strictObject({
      name: z.string(),
      layout: z.enum(["anamo", "pyanamo", "other"]),
      differences: count.optional().describe("of one of anamo's: how much is not as anamo makes it"),
      status: z.string().describe("as DynamoDB spells it: ACTIVE"),
      billing: z.enum(["on-demand", "provisioned"]),
      rows: count.describe("as DynamoDB counted them some hours ago"),
      bytes: count.describe("as DynamoDB counted them some hours ago"),
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
    min: count.describe("units a second"),
    max: count.describe("units a second"),
    policy: z.string().optional(),
    targetPercent: z.number().optional().describe("how much is to be in use"),
    scaleOutCooldownSeconds: seconds.optional(),
    scaleInCooldownSeconds: seconds.optional(),
  }),
);

const capacityNow = z.strictObject({
  table,
  mode: z.enum(["on-demand", "provisioned"]),
  units: units.optional().describe("units a second; absent on demand"),
  indexes: z.record(z.string(), units.optional()).describe("the same of each index, by its name"),
});

/** `anamo table capacity` */
export const capacity = exactly<
  CapacityNow & { autoscaling?: Scaled[]; autoscalingUnknown?: string; changed?: boolean }
>()(
  z.strictObject({
    ...capacityNow.shape,
    autoscaling: z.array(scaled).optional().describe("what follows what is asked of it, if that could be told"),
    autoscalingUnknown: z.string().optional().describe("why that could not be told"),
    changed: z.boolean().optional().describe("whether it was set, if it was to be: false if it was so already"),
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
    provisioned: z.boolean().describe("it was on demand before, and had to be given a capacity"),
  }),
);

/** `anamo table autoscale --off` */
export const autoscalingEnded = exactly<{ table: string; ended: Scaled[] }>()(
  z.strictObject({ table, ended: z.array(scaled).describe("what was scaled until now") }),
);

/** `anamo table migrate` */
export const migration = exactly<MigrateReport>()(
  z.strictObject({
    from: z.string().describe("the table of PyAnamo"),
    table,
    step: step.describe("of all its items"),
    dryRun: z.boolean().describe("nothing was written: added says what would have been"),
    complete: z.boolean().describe("false if it was told to stop before the end"),
    read: count.describe("added, existed and the number of problems together"),
    added: count,
    existed: count.describe("items whose itemID the table had already: left as they are"),
    items: z
      .strictObject({ todo: count, done: count, failed: count, held: count })
      .describe("those added, by the state that they have here"),
    tasks: z.strictObject({ done: count, failed: count, total: count }).describe("nested tasks of those added"),
    unlocked: count.describe("of those added: locked in PyAnamo, and given back"),
    wallTimeExceeded: count.describe("of those added: stopped by PyAnamo's wall time, and given back"),
    undated: count.describe("of those added: done or failed, without a date that can be read"),
    logsCut: count.describe("logs of which a row cannot hold more than the end"),
    heldFor: z.record(z.string(), count).describe("of those added and held: why"),
    problems: z.array(z.strictObject({ itemID, why: z.string() })).describe("items that were not taken over"),
  }),
);

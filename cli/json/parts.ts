import * as z from "zod";
import { type ITEM_SETTINGS, SETTING_SPECS, type SettingField } from "../../lib/items/item-settings.ts";
import { PROGRESS_CLASSES, type ProgressClass } from "../../lib/items/progress-class.ts";
import { CAUSES, ITEM_STATES, type ItemState } from "../../lib/items/states.ts";

/* Parts that the schemas are built from. */

export const count = z.int().nonnegative();
export const seconds = z.number().nonnegative();
export const date = z.iso.datetime().describe("ISO 8601 UTC");
export const state = z.enum(ITEM_STATES);
export const cause = z.enum(CAUSES).describe("why the attempt did not succeed");
export const causeOrUnknown = z.enum([...CAUSES, "unknown"]).describe("why the last attempt did not succeed");
export const exitCode = z.int().describe("of the script");
export const signal = z.string().describe("what ended the script: SIGKILL");
export const message = z.string().describe("one sentence for a person");
export const stream = z.enum(["stdout", "stderr"]);

export const itemID = z.string();
export const taskID = z.string().describe("the sample");
export const taskKey = z.string().describe("of a nested item: the task, such as Task_0");
export const step = z.string();
export const table = z.string().describe("the name of the table");

export const byState = z.strictObject(perName<ItemState, typeof count>(ITEM_STATES, count));

/** The classes of progress, each with the same kind of value. */
export function byProgress<S extends z.ZodType>(schema: S) {
  return z.strictObject(perName<ProgressClass, S>(PROGRESS_CLASSES, schema));
}

function perName<Name extends string, S>(names: readonly Name[], schema: S): Record<Name, S> {
  return Object.fromEntries(names.map((name) => [name, schema])) as Record<Name, S>;
}

/**
 * Takes a schema of exactly this type. One with a missing field, an additional field or a field of another type does
 * not compile, and the compiler names the fields that differ.
 */
export function exactly<T>() {
  return <S extends z.ZodType>(schema: S & Exactly<AsJson<T>, AsJson<z.output<S>>>): S => schema;
}

type Exactly<A, B> = Same<A, B> extends true ? unknown : { fieldsThatDiffer: DifferingFields<A, B> };

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type DifferingFields<A, B> = [A, B] extends [(infer ElementOfA)[], (infer ElementOfB)[]]
  ? DifferingFields<ElementOfA, ElementOfB>
  : {
      [Name in keyof A | keyof B]-?: Name extends keyof A & keyof B
        ? Same<Pick<A, Name>, Pick<B, Name>> extends true
          ? never
          : Name
        : Name;
    }[keyof A | keyof B];

/** The type of a value after it has been written as JSON and read again. */
type AsJson<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends Iterable<infer Element>
      ? AsJson<Element>[]
      : { -readonly [Name in keyof T]: AsJson<T[Name]> };

type Kinds = { level: z.ZodInt; count: typeof count; seconds: typeof seconds };
type KindOf<F extends SettingField> = Kinds[(typeof ITEM_SETTINGS)[F]["kind"]];

/** A level has the range of its setting; counts and durations stored by older versions may be out of range. */
function kindOf({ kind, min, max }: (typeof SETTING_SPECS)[number]): Kinds[keyof Kinds] {
  if (kind === "level") return z.int().min(min).max(max);
  return kind === "count" ? count : seconds;
}

/** The settings that an item may have, by the names that people use. */
export const itemSettings = Object.fromEntries(SETTING_SPECS.map((spec) => [spec.name, kindOf(spec)])) as {
  [F in SettingField as (typeof ITEM_SETTINGS)[F]["name"]]: KindOf<F>;
};

/** What an item may wait for, as in a task file. */
export const dependencies = {
  after: z.array(step).describe("steps whose items of the same sample it waits for, or waited for"),
  afterAll: z.array(step).describe("steps all of whose items it waits for"),
  afterItems: z.array(itemID).describe("items that it waits for"),
  allowFailed: z.string().describe("how many items of each step in afterAll may have failed: 3 or 2%"),
  inputs: z.array(z.string()).describe("steps, s3:// URIs and paths that its scripts find in ./inputs/"),
};

export const inputsRemoved = z
  .strictObject({
    items: count.describe("including those before them that have to run again, too"),
    itemIDs: z.array(itemID).describe("those that are needed directly: the first few"),
  })
  .describe("if any: items whose results were removed (keep), although items that would start need them");

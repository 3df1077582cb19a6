import type { Row } from "./attributes.ts";
import type { Connection } from "./connection.ts";
import type { Condition } from "./expression.ts";
import { SETTINGS_KEY } from "./schema.ts";
import { updateRow, type WriteResult } from "./write-row.ts";

/** A change to the settings row. Attributes may have any name, as some contain the name of a step. */
export interface SettingsChange {
  set?: Row;
  add?: Record<string, ReadonlySet<string>>;
  remove?: readonly string[];
  /** attributes that must be absent */
  absent?: readonly string[];
  /** attributes that must have this value; undefined means absent */
  equal?: Readonly<Record<string, unknown>>;
  /** attributes that must be absent or less than this */
  absentOrBelow?: Readonly<Record<string, number>>;
}

/**
 * Changes the settings row if all conditions hold. Returns the new row, or the row that made DynamoDB refuse the
 * change.
 */
export function changeSettings(table: Connection, change: SettingsChange): Promise<WriteResult> {
  const { set, add, remove } = change;
  const condition = conditionOf(change);
  return updateRow(table, SETTINGS_KEY, { changes: { set, add, remove }, condition, returning: "new" });
}

function conditionOf({ absent = [], equal = {}, absentOrBelow = {} }: SettingsChange): Condition | undefined {
  const aliases = new Map<string, string>();
  const values: Record<string, unknown> = {};
  const name = (attribute: string): string => {
    const alias = aliases.get(attribute) ?? `#name${aliases.size}`;
    aliases.set(attribute, alias);
    return alias;
  };
  const value = (of: unknown): string => {
    const alias = `:value${Object.keys(values).length}`;
    values[alias] = of;
    return alias;
  };
  const isAbsent = (attribute: string) => `attribute_not_exists(${name(attribute)})`;
  const parts = [
    ...absent.map(isAbsent),
    ...Object.entries(equal).map(([attribute, is]) =>
      is === undefined ? isAbsent(attribute) : `${name(attribute)} = ${value(is)}`,
    ),
    ...Object.entries(absentOrBelow).map(
      ([attribute, limit]) => `(${isAbsent(attribute)} OR ${name(attribute)} < ${value(limit)})`,
    ),
  ];
  const names = Object.fromEntries([...aliases].map(([attribute, alias]) => [alias, attribute]));
  return parts.length > 0 ? { expression: parts.join(" AND "), names, values } : undefined;
}

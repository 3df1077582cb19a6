import type { Connection } from "./connection.ts";
import { SETTINGS_KEY } from "./schema.ts";
import { type Condition, update, type WriteResult } from "./update.ts";

/** What to write to the settings row: attributes may have any name, as some carry the name of a step. */
export interface SettingsChange {
  set?: Readonly<Record<string, unknown>>;
  add?: Readonly<Record<string, ReadonlySet<string>>>;
  remove?: readonly string[];
  /** must not be there */
  absent?: readonly string[];
  /** must have this value; with undefined: must not be there */
  equal?: Readonly<Record<string, unknown>>;
  /** must not be there, or be less than this */
  absentOrBelow?: Readonly<Record<string, number>>;
}

/** Changes the settings row if all that is asked of it holds; brings it as it then is, or the one that stood in the way. */
export async function changeSettings(table: Connection, change: SettingsChange): Promise<WriteResult> {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const name = (attribute: string): string => {
    const known = Object.keys(names).find((alias) => names[alias] === attribute);
    const alias = known ?? `#n${Object.keys(names).length}`;
    names[alias] = attribute;
    return alias;
  };
  const value = (of: unknown): string => {
    const alias = `:v${Object.keys(values).length}`;
    values[alias] = of;
    return alias;
  };
  const condition = conditionOf(change, name, value);
  const list = (parts: readonly string[], word: string) => (parts.length > 0 ? `${word} ${parts.join(", ")}` : "");
  const { set = {}, add = {}, remove = [] } = change;
  const clauses = [
    list(
      Object.entries(set).map(([attribute, to]) => `${name(attribute)} = ${value(to)}`),
      "SET",
    ),
    list(
      remove.map((attribute) => name(attribute)),
      "REMOVE",
    ),
    list(
      Object.entries(add).map(([attribute, members]) => `${name(attribute)} ${value(members)}`),
      "ADD",
    ),
  ];
  return update(table, {
    TableName: table.name,
    Key: SETTINGS_KEY,
    UpdateExpression: clauses.filter(Boolean).join(" "),
    ...(condition && { ConditionExpression: condition.expression }),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ReturnValues: "ALL_NEW",
    ...(condition && { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const }),
  });
}

function conditionOf(
  { absent = [], equal = {}, absentOrBelow = {} }: SettingsChange,
  name: (attribute: string) => string,
  value: (of: unknown) => string,
): Pick<Condition, "expression"> | undefined {
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
  return parts.length > 0 ? { expression: parts.join(" AND ") } : undefined;
}

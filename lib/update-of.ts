import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { convertToAttr } from "@aws-sdk/util-dynamodb";
import type { Row } from "./rows.ts";
import type { Changes, Condition } from "./update.ts";

/*
 * Updates of thousands of items that go the same way. They are for the client's own command, as lib-dynamodb's wrapping
 * costs a tenth of the rate; their expressions are worked out once, and name no attribute by an alias that needs none:
 * each is written, signed, sent and read again with every item.
 */

/** Those of our attributes that are among DynamoDB's 573 reserved words: an expression may not name them as they are. */
const RESERVED: ReadonlySet<string> = new Set(["Log", "Signal", "Source"]);

/** The texts of an update, which all share that change the same attributes under the same condition. */
type Texts = Pick<UpdateItemCommandInput, "UpdateExpression" | "ExpressionAttributeNames">;

const known = new Map<string, Texts>();

/** Builds the UpdateItem that sets attributes of a row (those that are undefined are removed) under a condition. */
export function updateOf(
  tableName: string,
  key: Row,
  { set, compute }: { set: Row; compute?: Changes["compute"] | undefined },
  condition: Condition,
  returnNew: boolean,
): UpdateItemCommandInput {
  const values = stored(condition.values ?? {});
  let shape = condition.expression;
  for (const name in set) {
    const value = set[name];
    shape += value === undefined ? `-${name}` : `+${name}`;
    if (value !== undefined) values[`:set_${name}`] = storedValue(value);
  }
  for (const name in compute) {
    shape += `=${name}${compute[name]?.expression}`;
    Object.assign(values, stored(compute[name]?.values ?? {}));
  }
  const texts = known.get(shape) ?? textsOf(set, compute, condition);
  known.set(shape, texts);
  return {
    TableName: tableName,
    Key: stored(key),
    ...texts,
    ConditionExpression: condition.expression,
    ExpressionAttributeValues: values,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    ...(returnNew && { ReturnValues: "ALL_NEW" as const }),
  };
}

/** Attributes as DynamoDB takes them. */
export function stored(row: Row): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue> = {};
  for (const name in row) values[name] = storedValue(row[name]);
  return values;
}

function storedValue(value: unknown): AttributeValue {
  return typeof value === "string" ? { S: value } : convertToAttr(value);
}

function textsOf(set: Row, compute: Changes["compute"], condition: Condition): Texts {
  const names: Record<string, string> = { ...condition.names };
  const nameOf = (attribute: string): string => {
    if (!RESERVED.has(attribute)) return attribute;
    names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  };
  const sets: string[] = [];
  const removes: string[] = [];
  for (const [attribute, value] of Object.entries(set)) {
    if (value === undefined) removes.push(nameOf(attribute));
    else sets.push(`${nameOf(attribute)} = :set_${attribute}`);
  }
  for (const [attribute, { expression, names: used }] of Object.entries(compute ?? {})) {
    sets.push(`${nameOf(attribute)} = ${expression}`);
    Object.assign(names, used);
  }
  const clauses = [
    sets.length > 0 ? `SET ${sets.join(", ")}` : "",
    removes.length > 0 ? `REMOVE ${removes.join(", ")}` : "",
  ].filter(Boolean);
  return {
    UpdateExpression: clauses.join(" "),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
  };
}

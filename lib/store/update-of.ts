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

/** What changes on a row: attributes to set (those that are undefined are removed), to remove, and to compute. */
export type RowChanges = Pick<Changes, "remove" | "compute"> & { set: Row };

/** What all updates share that change the same attributes under the same condition. */
interface Plan {
  /** attributes to set, each with the alias of its value; without one it is removed */
  sets: readonly { attribute: string; alias: string | undefined }[];
  remove: readonly string[];
  compute: string;
  texts: Pick<UpdateItemCommandInput, "UpdateExpression" | "ExpressionAttributeNames" | "ConditionExpression">;
}

/** There are some dozen kinds of update; the one that was used last comes first. */
const plans: Plan[] = [];
const NONE: readonly string[] = [];

/** Builds the UpdateItem that changes a row under a condition. */
export function updateOf(
  tableName: string,
  key: Row,
  changes: RowChanges,
  condition: Condition,
  returnNew: boolean,
): UpdateItemCommandInput {
  const { sets, texts } = planOf(changes, condition);
  const values = stored(condition.values ?? {});
  for (const { attribute, alias } of sets) {
    if (alias !== undefined) values[alias] = storedValue(changes.set[attribute]);
  }
  for (const name in changes.compute) Object.assign(values, stored(changes.compute[name]?.values ?? {}));
  const input: UpdateItemCommandInput = {
    ...texts,
    TableName: tableName,
    Key: stored(key),
    ExpressionAttributeValues: values,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
  if (returnNew) input.ReturnValues = "ALL_NEW";
  return input;
}

function planOf(changes: RowChanges, condition: Condition): Plan {
  const { set, remove = NONE } = changes;
  const compute = computeText(changes.compute);
  const at = plans.findIndex(
    (plan) =>
      plan.texts.ConditionExpression === condition.expression &&
      plan.compute === compute &&
      isSame(plan.remove, remove) &&
      setsThese(plan, set),
  );
  const plan = plans[at] ?? { ...planFor(changes, condition), remove, compute };
  if (at === 0) return plan;
  if (at > 0) plans.splice(at, 1);
  plans.unshift(plan);
  return plan;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, at) => name === other[at]));
}

function setsThese({ sets }: Plan, set: Row): boolean {
  let at = 0;
  for (const name in set) {
    const one = sets[at++];
    if (one?.attribute !== name || (one.alias === undefined) !== (set[name] === undefined)) return false;
  }
  return at === sets.length;
}

function computeText(compute: Changes["compute"]): string {
  if (!compute) return "";
  return Object.entries(compute)
    .map(([attribute, { expression }]) => `${attribute} = ${expression}`)
    .join();
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

function planFor({ set, remove = NONE, compute = {} }: RowChanges, condition: Condition): Pick<Plan, "sets" | "texts"> {
  const names: Record<string, string> = { ...condition.names };
  const nameOf = (attribute: string): string => {
    if (!RESERVED.has(attribute)) return attribute;
    names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  };
  const aliasOf = (attribute: string) => (set[attribute] === undefined ? undefined : `:set_${attribute}`);
  const sets = Object.keys(set).map((attribute) => ({ attribute, alias: aliasOf(attribute) }));
  const gone = [...sets.flatMap(({ attribute, alias }) => (alias ? [] : [attribute])), ...remove].map(nameOf);
  const assigned = sets.flatMap(({ attribute, alias }) => (alias ? [`${nameOf(attribute)} = ${alias}`] : []));
  for (const [attribute, { expression, names: used }] of Object.entries(compute)) {
    assigned.push(`${nameOf(attribute)} = ${expression}`);
    Object.assign(names, used);
  }
  const clauses = [
    assigned.length > 0 ? `SET ${assigned.join(", ")}` : "",
    gone.length > 0 ? `REMOVE ${gone.join(", ")}` : "",
  ].filter(Boolean);
  return {
    sets,
    texts: {
      UpdateExpression: clauses.join(" "),
      ConditionExpression: condition.expression,
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    },
  };
}

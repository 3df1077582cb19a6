import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { convertToAttr } from "@aws-sdk/util-dynamodb";
import { ATTR, type Row } from "./attributes.ts";

/*
 * The one builder of expressions. It builds input for the client's own commands, because lib-dynamodb's wrapping costs
 * 10 % of the throughput. The texts of an update are computed once for all updates of the same kind. They name
 * attributes directly where DynamoDB allows it, because every byte is written, signed, sent and parsed again for every
 * item.
 */

/** Part of a condition, with every name and value that it uses. */
export interface Condition {
  expression: string;
  names: Record<string, string>;
  values?: Record<string, unknown>;
}

/** Joins conditions: all must hold. */
export function allOf(...parts: Condition[]): Condition {
  return {
    expression: parts.map((part) => `(${part.expression})`).join(" AND "),
    names: Object.assign({}, ...parts.map((part) => part.names)),
    values: Object.assign({}, ...parts.map((part) => part.values)),
  };
}

/** A value that DynamoDB computes, with every name and value that the expression uses. */
interface Computed {
  expression: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

/** What changes on a row. Attribute names may be any text. */
export interface Changes {
  /** undefined removes the attribute */
  set?: Row | undefined;
  remove?: readonly string[] | undefined;
  compute?: Record<string, Computed> | undefined;
  /** attribute → a number to add, or the members to add to a set */
  add?: Row | undefined;
  /** attribute → members to take out of a set; an empty set is no attribute */
  drop?: Record<string, ReadonlySet<string>> | undefined;
}

/** The fields that make a command conditional, and make a refusal return the old row. */
export function conditionInput(condition: Condition | undefined) {
  if (!condition) return {};
  const { expression, names, values } = condition;
  return {
    ConditionExpression: expression,
    ...(hasAny(names) && { ExpressionAttributeNames: names }),
    ...(values && hasAny(values) && { ExpressionAttributeValues: stored(values) }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
}

/** Builds the UpdateItem that makes changes to the row at `key`, if the condition holds. */
export function updateInput(
  tableName: string,
  key: Row,
  { changes, condition }: { changes: Changes; condition?: Condition | undefined },
): UpdateItemCommandInput {
  const { sets, adds, drops, texts } = planOf(changes, condition);
  const values = stored(condition?.values ?? {});
  for (const { attribute, value } of sets) {
    if (value !== undefined) values[value] = storedValue(changes.set?.[attribute]);
  }
  for (const { attribute, value } of adds) values[value] = storedValue(changes.add?.[attribute]);
  for (const { attribute, value } of drops) values[value] = storedValue(changes.drop?.[attribute]);
  for (const name in changes.compute) addStored(values, changes.compute[name]?.values ?? {});
  const input: UpdateItemCommandInput = { ...texts, TableName: tableName, Key: stored(key) };
  if (hasAny(values)) input.ExpressionAttributeValues = values;
  if (condition) input.ReturnValuesOnConditionCheckFailure = "ALL_OLD";
  return input;
}

/** A row as the client's own commands take it. Attributes that are undefined are left out. */
export function stored(row: Row): Record<string, AttributeValue> {
  return addStored({}, row);
}

function addStored(values: Record<string, AttributeValue>, row: Row): Record<string, AttributeValue> {
  for (const name in row) {
    const value = row[name];
    if (value !== undefined) values[name] = storedValue(value);
  }
  return values;
}

/** Most values are text and whole numbers; the library handles the rest. */
function storedValue(value: unknown): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (Number.isSafeInteger(value)) return { N: String(value) };
  return convertToAttr(value, { removeUndefinedValues: true });
}

function hasAny(object: object): boolean {
  for (const _ in object) return true;
  return false;
}

/** The texts shared by all updates that change the same attributes under the same condition. */
interface Plan {
  /** attributes to set, each with the alias of its value; no alias means that the attribute is removed */
  sets: readonly { attribute: string; value: string | undefined }[];
  adds: readonly { attribute: string; value: string }[];
  drops: readonly { attribute: string; value: string }[];
  remove: readonly string[];
  compute: string;
  texts: Pick<UpdateItemCommandInput, "UpdateExpression" | "ExpressionAttributeNames" | "ConditionExpression">;
}

/**
 * A worker has about a dozen kinds of update, but the settings row has several for each step. Most recently used first.
 */
const plans: Plan[] = [];
const MAX_PLANS = 64;
const NONE: readonly string[] = [];

function planOf(changes: Changes, condition: Condition | undefined): Plan {
  const compute = computeText(changes.compute);
  const at = plans.findIndex(
    (plan) =>
      plan.texts.ConditionExpression === condition?.expression &&
      plan.compute === compute &&
      declares(plan, condition?.names) &&
      isSame(plan.remove, changes.remove ?? NONE) &&
      setsThese(plan, changes.set ?? {}) &&
      hasThese(plan.adds, changes.add ?? {}) &&
      hasThese(plan.drops, changes.drop ?? {}),
  );
  const plan = plans[at] ?? { ...planFor(changes, condition), remove: changes.remove ?? NONE, compute };
  if (at === 0) return plan;
  if (at > 0) plans.splice(at, 1);
  plans.unshift(plan);
  if (plans.length > MAX_PLANS) plans.pop();
  return plan;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, at) => name === other[at]));
}

function setsThese({ sets }: Plan, set: Row): boolean {
  let at = 0;
  for (const name in set) {
    const one = sets[at++];
    if (one?.attribute !== name || (one.value === undefined) !== (set[name] === undefined)) return false;
  }
  return at === sets.length;
}

/** Whether the plan gives the condition's names the same meaning: equal texts may stand for different attributes. */
function declares({ texts }: Plan, names: Record<string, string> = {}): boolean {
  for (const alias in names) if (texts.ExpressionAttributeNames?.[alias] !== names[alias]) return false;
  return true;
}

function hasThese(planned: Plan["adds"], wanted: object): boolean {
  let at = 0;
  for (const name in wanted) if (planned[at++]?.attribute !== name) return false;
  return at === planned.length;
}

function computeText(compute: Changes["compute"]): string {
  if (!compute) return "";
  return Object.entries(compute)
    .map(([attribute, { expression, names }]) => `${attribute} = ${expression} ${JSON.stringify(names)}`)
    .join();
}

/** Our attributes that are among DynamoDB's 573 reserved words, which an expression may not name directly. */
const RESERVED: ReadonlySet<string> = new Set(["After", "Log", "Signal", "Source"]);
const NAMED_DIRECTLY: ReadonlySet<string> = new Set(Object.values(ATTR).filter((name) => !RESERVED.has(name)));

function planFor(
  { set = {}, remove = [], compute = {}, add = {}, drop = {} }: Changes,
  condition: Condition | undefined,
): Omit<Plan, "remove" | "compute"> {
  const names: Record<string, string> = { ...condition?.names };
  /** an attribute of the settings row may contain the name of a step */
  const isWord = (attribute: string) => NAMED_DIRECTLY.has(attribute) || RESERVED.has(attribute);
  const aliases = new Map(Object.entries(names).map(([alias, attribute]) => [attribute, alias]));
  let others = 0;
  const nameOf = (attribute: string): string => {
    if (NAMED_DIRECTLY.has(attribute)) return attribute;
    const alias = aliases.get(attribute) ?? (isWord(attribute) ? `#${attribute}` : `#other${others++}`);
    aliases.set(attribute, alias);
    names[alias] = attribute;
    return alias;
  };
  const aliasOf = (verb: string, attribute: string, at: number) => `:${verb}_${isWord(attribute) ? attribute : at}`;
  const sets = Object.keys(set).map((attribute, at) => ({
    attribute,
    value: set[attribute] === undefined ? undefined : aliasOf("set", attribute, at),
  }));
  const adds = Object.keys(add).map((attribute, at) => ({ attribute, value: aliasOf("add", attribute, at) }));
  const drops = Object.keys(drop).map((attribute, at) => ({ attribute, value: aliasOf("drop", attribute, at) }));
  const assigned = sets.flatMap(({ attribute, value }) => (value ? [`${nameOf(attribute)} = ${value}`] : []));
  for (const [attribute, { expression, names: used }] of Object.entries(compute)) {
    assigned.push(`${nameOf(attribute)} = ${expression}`);
    Object.assign(names, used);
  }
  const removed = [...sets.flatMap(({ attribute, value }) => (value ? [] : [attribute])), ...remove].map(nameOf);
  const added = adds.map(({ attribute, value }) => `${nameOf(attribute)} ${value}`);
  const dropped = drops.map(({ attribute, value }) => `${nameOf(attribute)} ${value}`);
  const UpdateExpression = [
    clause("SET", assigned),
    clause("REMOVE", removed),
    clause("ADD", added),
    clause("DELETE", dropped),
  ]
    .filter(Boolean)
    .join(" ");
  mustDeclare(`${UpdateExpression} ${condition?.expression ?? ""}`, names);
  return {
    sets,
    adds,
    drops,
    texts: {
      UpdateExpression,
      ...(condition && { ConditionExpression: condition.expression }),
      ...(hasAny(names) && { ExpressionAttributeNames: names }),
    },
  };
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length > 0 ? `${verb} ${parts.join(", ")}` : "";
}

/** Each part must declare its own names: one that only another part declares goes missing when that part changes. */
function mustDeclare(text: string, names: Record<string, string>): void {
  const missing = text.match(/#\w+/g)?.find((alias) => !(alias in names));
  if (missing) throw new TypeError(`the expression uses ${missing}, which it does not declare: ${text}`);
}

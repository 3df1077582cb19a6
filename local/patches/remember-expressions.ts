import type { Context, Parser } from "dynalite/db/updateParser.js";

/*
 * dynalite parses every expression of every request: some 0.1 ms of CPU each, though a stack sees the same few dozen
 * texts all the time, with other values. This keeps what a text was parsed to, and puts the new values in.
 */

const MOST = 500;
/** Whether these are right depends on values, not only on their types. */
const BY_VALUE = /between|attribute_type/i;

/** What a text was parsed to, with the names of values in place of them. */
interface Known {
  parsed: unknown;
  /** the values that it holds, as they were when it was parsed */
  values: Map<unknown, string>;
  usedNames: string[];
  usedValues: string[];
}

/** Makes a parser of dynalite remember its results. */
export function rememberExpressions(parser: Parser): void {
  const { parse } = parser;
  const known = new Map<string, Known>();
  parser.parse = (text, options) => {
    const { context } = options;
    const key = BY_VALUE.test(text) ? undefined : keyOf(text, context);
    const found = key === undefined ? undefined : known.get(key);
    if (found) return again(found, context);
    const before = { names: Object.keys(context.unusedAttrNames), values: Object.keys(context.unusedAttrVals) };
    const parsed = parse(text, options);
    // a text is what is wrong
    if (key === undefined || typeof parsed !== "object" || parsed === null) return parsed;
    const { attrVals, unusedAttrNames, unusedAttrVals } = context;
    const result = {
      parsed,
      values: new Map(Object.entries(attrVals ?? {}).map(([name, value]) => [value, name])),
      usedNames: before.names.filter((name) => !(name in unusedAttrNames)),
      usedValues: before.values.filter((name) => !(name in unusedAttrVals)),
    };
    if (known.size >= MOST) known.clear();
    known.set(key, result);
    // whoever asked may change what it gets
    return again(result, context);
  };
}

/** The text, its names, and the types of its values; undefined if they may not be used together again. */
function keyOf(text: string, { attrNames, attrVals, isKeyCondition }: Context): string {
  let key = `${isKeyCondition ? "k" : ""} ${text}\n${JSON.stringify(attrNames ?? {})}\n`;
  for (const name in attrVals) key += `${name} ${Object.keys(attrVals[name] ?? {})} `;
  return key;
}

/** A copy with the values of a request, whose names count as used. */
function again({ parsed, values, usedNames, usedValues }: Known, context: Context): unknown {
  for (const name of usedNames) delete context.unusedAttrNames[name];
  for (const name of usedValues) delete context.unusedAttrVals[name];
  return copyOf(parsed, (value) => {
    const name = values.get(value);
    return name === undefined ? undefined : context.attrVals?.[name];
  });
}

function copyOf(part: unknown, valueFor: (value: unknown) => unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  const value = valueFor(part);
  if (value !== undefined) return value;
  if (Array.isArray(part)) return part.map((one) => copyOf(one, valueFor));
  const copy = Object.create(Object.getPrototypeOf(part)) as Record<string, unknown>;
  for (const [name, one] of Object.entries(part)) copy[name] = copyOf(one, valueFor);
  return copy;
}

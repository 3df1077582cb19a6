import type { Context, Parser } from "dynalite/db/updateParser.js";

/*
 * dynalite parses every expression of every request, at about 0.1 ms of CPU each, though a stack sees the same few
 * dozen texts all the time, with different values. This keeps the parsed form of each text, and puts the new values in.
 */

const MOST = 500;
/** Whether these are valid depends on values, not only on their types. */
const BY_VALUE = /between|attribute_type/i;

/** The parsed form of a text, with stand-ins for its values. */
interface Known {
  parsed: unknown;
  /** the names of the values, by their stand-ins */
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
    const parsed = parse(text, options);
    // a string is an error message
    if (key === undefined || typeof parsed !== "object" || parsed === null) return parsed;
    if (known.size >= MOST) known.clear();
    known.set(key, learn(parse, text, context));
    return parsed;
  };
}

/**
 * Parses a text once more, with small stand-ins for its values, which may be large, and with all names unused: another
 * expression of this request may already have used some of them, but in the next request none may have been used.
 */
function learn(parse: Parser["parse"], text: string, context: Context): Known {
  const { attrNames = {}, attrVals = {} } = context;
  const standIns = Object.entries(attrVals).map(([name, value]) => [name, { [typeOf(value)]: true }] as const);
  const own = {
    ...context,
    attrVals: Object.fromEntries(standIns),
    unusedAttrNames: unused(attrNames),
    unusedAttrVals: unused(attrVals),
  };
  const parsed = parse(text, { context: own });
  return {
    parsed,
    values: new Map(standIns.map(([name, value]) => [value, name])),
    usedNames: Object.keys(attrNames).filter((name) => !(name in own.unusedAttrNames)),
    usedValues: Object.keys(attrVals).filter((name) => !(name in own.unusedAttrVals)),
  };
}

function unused(names: object): Record<string, true> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, true]));
}

function typeOf(value: object): string {
  return Object.keys(value).join(" ");
}

/** Combines the text, its names, and the types of its values. */
function keyOf(text: string, { attrNames, attrVals, isKeyCondition }: Context): string {
  let key = `${isKeyCondition ? "k" : ""} ${text}\n${JSON.stringify(attrNames ?? {})}\n`;
  for (const name in attrVals) key += `${name} ${typeOf(attrVals[name] ?? {})} `;
  return key;
}

/** A copy with the values of a request; marks their names as used. */
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

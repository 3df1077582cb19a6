import conditions from "dynalite/db/conditionParser.js";
import updates, { type Context, type Parser } from "dynalite/db/updateParser.js";
import { expect, test } from "vitest";
import { rememberExpressions } from "../../../local/patches/remember-expressions.ts";

const own = { conditions: { parse: conditions.parse }, updates: { parse: updates.parse } };

/** What a parser makes of a text, or its error, and which names and values it leaves unused. */
function parsed(parser: Parser, text: string, attrVals: Record<string, object>, attrNames: Record<string, string>) {
  const unused = (names: object) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, true])) as Record<string, true>;
  const context: Context & Record<string, unknown> = {
    attrNames,
    attrVals,
    unusedAttrNames: unused(attrNames),
    unusedAttrVals: unused(attrVals),
    isReserved: (name: string) => name === "size",
    compare: (_: string, { N: x }: { N: string }, { N: y }: { N: string }) => Number(x) > Number(y),
  };
  let result: unknown;
  try {
    result = parser.parse(text, { context });
  } catch (error) {
    result = (error as Error).message;
  }
  return { result, names: Object.keys(context.unusedAttrNames), values: Object.keys(context.unusedAttrVals) };
}

const NAMES: Record<string, string>[] = [{ "#s": "ItemState" }, { "#s": "TaskState", "#unused": "Log" }];
const TEXTS: readonly ["conditions" | "updates", string][] = [
  ["conditions", "#s = :a AND attribute_exists(itemID) AND NOT (Wakes = :a OR begins_with(#s, :b))"],
  ["conditions", "#s BETWEEN :a AND :b"],
  ["conditions", "#missing = :a"],
  ["conditions", "#s = :missing"],
  ["conditions", "#s = "],
  ["updates", "SET #s = :a, Log.Deep[1] = if_not_exists(Attempt, :b) + :b REMOVE Cause ADD Names :b"],
  ["updates", "SET #s = :a, #s = :b"],
];

test("a text is parsed to the same the second time, with the values of that request", () => {
  for (const parser of [conditions, updates]) rememberExpressions(parser);
  const values: Record<string, object>[] = [
    { ":a": { N: "1" }, ":b": { N: "2" } },
    { ":a": { N: "4" }, ":b": { N: "3" } },
    { ":a": { S: "x" }, ":b": { S: "y" }, ":unused": { S: "z" } },
    { ":a": { S: "v" }, ":b": { S: "w" }, ":unused": { S: "u" } },
  ];
  for (const [which, text] of TEXTS) {
    for (const attrVals of [...values, ...values]) {
      const parser = which === "conditions" ? conditions : updates;
      for (const attrNames of NAMES) {
        const expected = parsed(own[which], text, attrVals, attrNames);
        expect(parsed(parser, text, attrVals, attrNames), text).toEqual(expected);
      }
    }
  }
});

test("who changes a result changes it for nobody else", () => {
  const once = () => parsed(updates, "SET Attempt = :n", { ":n": { N: "1" } }, {}).result as { paths: unknown[] };
  once().paths.push("changed");
  expect(once()).toEqual(parsed(own.updates, "SET Attempt = :n", { ":n": { N: "1" } }, {}).result);
});

test("a name or value that another expression of the first request used first still counts as used", () => {
  const condition = "#a = :x OR #b = :x";
  /** What is left unused by a request with two expressions. */
  const unusedIn = (update: string) => {
    const context: Context & Record<string, unknown> = {
      attrNames: { "#a": "A", "#b": "B" },
      attrVals: { ":x": { S: "x" } },
      unusedAttrNames: { "#a": true, "#b": true },
      unusedAttrVals: { ":x": true },
      isReserved: () => false,
    };
    updates.parse(update, { context });
    conditions.parse(condition, { context });
    return [context.unusedAttrNames, context.unusedAttrVals];
  };
  expect(unusedIn("SET #a = :x")).toEqual([{}, {}]);
  expect(unusedIn("REMOVE #b")).toEqual([{}, {}]);
});

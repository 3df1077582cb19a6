import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { EVENT_FIELDS } from "../../cli/json/events.ts";

test("docs/events.md has every event of workers and functions, with its fields, and no others", async () => {
  const docs = await readFile(new URL("../../docs/events.md", import.meta.url), "utf8");
  expect(Object.keys(EVENT_FIELDS).length).toBeGreaterThan(25);
  const rows = new Map(docs.split("\n").map((line) => [/^\| `([a-z]+:[a-z-]+)` \|/.exec(line)?.[1], line]));
  const missing = Object.entries(EVENT_FIELDS).flatMap(([kind, fields]) => {
    const row = rows.get(kind);
    return row ? fields.filter((field) => !row.includes(`\`${field}\``)).map((field) => `${kind}.${field}`) : [kind];
  });
  expect(missing).toEqual([]);
  expect([...rows.keys()].filter((kind) => kind !== undefined && !(kind in EVENT_FIELDS))).toEqual([]);
});

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("docs/events.md has every event that a worker reports, with its fields", async () => {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const [source, docs] = await Promise.all([read("worker/events.ts"), read("docs/events.md")]);
  const events = [...source.matchAll(/kind: "([\w:-]+)";?([^}]*)\}/g)].map(([, kind = "", rest = ""]) => ({
    kind,
    fields: [...rest.matchAll(/(\w+)\??:/g)].map(([, field = ""]) => field),
  }));
  expect(events.length).toBeGreaterThan(15);
  const rows = new Map(docs.split("\n").map((line) => [/^\| `([\w:-]+)` \|/.exec(line)?.[1], line]));
  const missing = events.flatMap(({ kind, fields }) => {
    const row = rows.get(kind);
    return row ? fields.filter((field) => !row.includes(`\`${field}\``)).map((field) => `${kind}.${field}`) : [kind];
  });
  expect(missing).toEqual([]);
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GUARDS } from "./guards.ts";
import { guardTable } from "./table.ts";

const ROOT = join(import.meta.dirname, "../..");
const textOf = (path: string) => readFile(join(ROOT, path), "utf8");

test("every guard is where the list says, once, and so is the test that fails without it", async () => {
  const wrong = await Promise.all(
    GUARDS.map(async ({ what, file, search, test: tested, title }) => {
      const times = (await textOf(file)).split(search).length - 1;
      const hasTitle = (await textOf(`test/${tested}`)).includes(`"${title}"`);
      return times === 1 && hasTitle ? [] : [`${what}: ${times} times in ${file}, ${hasTitle ? "" : "no "}test`];
    }),
  );
  expect(wrong.flat()).toEqual([]);
});

test("docs/reliability.md has the table of guards", async () => {
  expect(await textOf("docs/reliability.md")).toContain(guardTable(GUARDS));
});

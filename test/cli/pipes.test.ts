import { describe, expect, test } from "vitest";
import type { Table } from "../../lib/table.ts";
import { Workflow } from "../../workflow/index.ts";
import { testEnv, testTable } from "../support/env.ts";
import { putEnded } from "../support/many-items.ts";
import { shellOn } from "../support/shell.ts";

/** Ids with characters that shells, CSV files and terminals treat specially. */
const AWKWARD = [
  ...["a b", " before", "behind ", "two  spaces", "it's", '"quoted"', "back\\slash", "$HOME", "`id`", "*", "a;b|c&d>e"],
  ...[
    "a#b",
    "#",
    "a/b",
    "../x",
    "50%",
    "%20",
    "a,b",
    "=1+1",
    "+1",
    "@x",
    "-",
    "--yes",
    "-n",
    "~",
    "!x",
    "(x)",
    "[a-z]",
  ],
  ...["𝔄 🧬 👩‍🔬", "é", "e\u0301", "ß", "日本", "\u200d", "x".repeat(256)],
].toSorted();
const OTHERS = ["done 1", "done 2"];
const MANY = Array.from({ length: 700 }, (_, n) => `sample ${String(n).padStart(4, "0")}/🧬`);

describe("itemIDs through a pipe", () => {
  test.for([
    ["items --ids | reset -", "anamo items --state failed --ids | anamo reset - --yes"],
    [
      "items --ids | sort | reset --from -, with Windows line ends",
      "anamo items --state failed --ids | sort -r | sed 's/$/\\r/' | anamo reset --from - --yes",
    ],
    ["items --json | reset -", "anamo items --state failed --json | ids_of json | anamo reset - --yes"],
    ["items --csv | reset -", "anamo items --state failed --csv | ids_of csv | anamo reset - --yes"],
    ["reset --json | reset -", "anamo reset --state failed --dry-run --json | ids_of json | anamo reset - --yes"],
  ] as const)("%s", async ([, script]) => {
    const table = await testTable();
    await putEnded(table, AWKWARD, "failed");
    await putEnded(table, OTHERS, "done");
    const stdout = `${AWKWARD.length} items reset\n`;
    expect(await shellOn(table, script)).toEqual({ exitCode: 0, stdout, stderr: "" });
    expect(await idsByState(table)).toEqual({ todo: AWKWARD, done: OTHERS });
  });

  test("an unknown id in the pipe is named, and the pipe fails", async () => {
    const table = await testTable();
    await putEnded(table, AWKWARD, "done");
    const script = "{ anamo items --ids; printf 'no\\040body'; } | anamo delete - --yes";
    expect(await shellOn(table, script)).toEqual({
      exitCode: 1,
      stdout: `no body: not found\n${AWKWARD.length} items deleted, 1 not found\n`,
      stderr: "",
    });
    expect(await idsByState(table)).toEqual({});
  });

  test("a list that fails makes the pipe fail", async () => {
    const table = await testTable();
    const script = "anamo items --table no-such-table --ids | anamo reset - --yes";
    const { exitCode, stdout, stderr } = await shellOn(table, script);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "0 items reset\n" });
    expect(stderr).toMatch(/^anamo: the table is not there.*\n$/);
  });

  test("hundreds of them pass through several commands", async () => {
    const table = await testTable();
    await putEnded(table, MANY, "failed");
    await putEnded(table, OTHERS, "done");
    const reset = await shellOn(table, "anamo items --state failed --ids | anamo reset - --yes");
    expect(reset).toEqual({ exitCode: 0, stdout: "700 items reset\n", stderr: "" });
    const script = "anamo items --state todo --json | ids_of json | anamo delete - --yes --json | ids_of json | wc -l";
    expect(await shellOn(table, script)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await idsByState(table)).toEqual({ done: OTHERS });
  });
});

test("a slow reader gets one whole document, and nothing warns about it", async () => {
  const table = await testTable();
  await putEnded(table, MANY, "failed");
  const script = "anamo reset --state failed --dry-run --json | { sleep 3; cat; } | ids_of json | wc -l";
  expect(await shellOn(table, script)).toEqual({ exitCode: 0, stdout: `${MANY.length}\n`, stderr: "" });
});

describe("a reader that closes the pipe", () => {
  test("ends a list without a message", async () => {
    const table = await testTable();
    await putEnded(table, MANY, "failed");
    for (const format of ["--ids", "--csv", "--json", "--fields itemID,script"]) {
      const script = `anamo items ${format} | head -1 | wc -l; echo "\${PIPESTATUS[*]}"`;
      expect(await shellOn(table, script)).toEqual({ exitCode: 0, stdout: "1\n0 0 0\n", stderr: "" });
    }
  });

  test("stops a change: items already begun are changed, and the same command continues from there", async () => {
    const table = await testTable();
    await putEnded(table, MANY, "failed");
    const script = 'anamo reset --state failed --yes --json | head -c 300 | wc -c; echo "${PIPESTATUS[*]}"';
    expect(await shellOn(table, script)).toEqual({ exitCode: 0, stdout: "300\n130 0 0\n", stderr: "" });
    const { todo = [], failed = [], ...others } = await idsByState(table);
    expect([...todo, ...failed].toSorted()).toEqual(MANY);
    expect(others).toEqual({});
    expect(Math.min(todo.length, failed.length)).toBeGreaterThan(0);
    const again = await shellOn(table, "anamo reset --state failed --yes");
    expect(again).toMatchObject({ exitCode: 0, stdout: `${failed.length.toLocaleString("en-US")} items reset\n` });
  });
});

/** The sorted ids of all items, by state. */
async function idsByState(table: Table): Promise<Record<string, string[]>> {
  const workflow = new Workflow({ table: table.name, env: testEnv() });
  const items = await Array.fromAsync(workflow.items());
  workflow.close();
  const byState = Object.groupBy(items, ({ state = "" }) => state);
  return Object.fromEntries(
    Object.entries(byState).map(([state, found = []]) => [state, found.map(({ itemID = "" }) => itemID).toSorted()]),
  );
}

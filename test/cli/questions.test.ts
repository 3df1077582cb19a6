import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { addMember } from "../../lib/changes/add-member.ts";
import type { Table } from "../../lib/table.ts";
import { startLine } from "../support/anamo.ts";
import { failed, finished, locked } from "../support/changes.ts";
import { testEnv, testTable } from "../support/env.ts";
import { newItem } from "../support/items.ts";

/*
 * The questions in the README: each command that answers one is read from there and run by bash, on a table for which
 * the answers are known.
 */

/** S2 is done; S1 has failed in Y and waits in Z; a worker has S3 in Y. The failed item is called ITEM. */
const ITEMS = [
  ...["S1 X done", "S1 Y failed", "S1 Z todo"],
  ...["S2 X done", "S2 Y done", "S2 Z done"],
  ...["S3 X done", "S3 Y locked"],
] as const;

/** What each line must print, and its exit code if not 0. */
const ANSWERS: Readonly<Record<string, { says: readonly (string | RegExp)[]; exitCode?: number }>> = {
  "./anamo summary --by-sample --done": {
    says: [/^sample +X +Y +Z\nS2 +done +done +done\n\n1 of 3 samples is done, 2 are left\n/],
  },
  "./anamo explain ITEM": { says: ["ITEM failed once and was given up", "exit code 3", "anamo reset ITEM "] },
  "./anamo explain --sample S1": { says: ["ITEM (sample S1, step Y): failed", "S1-Z (sample S1, step Z): todo"] },
  "./anamo explain --step Z": { says: [/^step Z: 1 todo, 1 done$/m, "1 item can be claimed"] },
  "./anamo summary": {
    says: [/^all +1 +1 +5 +1 +0 +5 +8$/m, /^X +0 +0 +3 +0 +0 +3 +3$/m, /^Z +1 +0 +1 +0 +0 +1 +2$/m, "expected end in"],
  },
  "./anamo watch": {
    says: [
      /^20\S+Z items: 1 todo, 1 locked, 5 done, 1 failed, 0 held; tasks done: 5 of 8; expected end .+, between .+ and .+$/m,
    ],
  },
  "./anamo summary --by-sample": {
    says: ["1 of 3 samples is done, 2 are left\n", "done in step X: 3 of 3, Y: 1 of 3, Z: 1 of 2\n"],
  },
  "./anamo summary --by-sample --step X Y Z": {
    says: [
      /^sample +X +Y +Z$/m,
      /^S1 +done +failed +todo$/m,
      /^S2 +done +done +done$/m,
      /^S3 +done +locked$/m,
      "Y: 1 of 3",
    ],
  },
  "./anamo items --state failed --fields itemID,cause,exitCode": {
    says: [/^itemID +cause +exitCode\nITEM +exit +3\n$/],
  },
  "./anamo logs ITEM --stderr": { says: [/^no such file\n$/] },
  "./anamo reset --state failed --yes": { says: [/^1 item reset\n$/] },
};

describe("the questions in the README", async () => {
  const lines = linesIn(await readFile(new URL("../../README.md", import.meta.url), "utf8"));

  test("are those that this test has answers for", () => {
    expect(lines, "say in ANSWERS what the line has to answer").toEqual(Object.keys(ANSWERS));
  });

  test.for(lines)("%s", async (line) => {
    const { says, exitCode = 0 } = ANSWERS[line] ?? { says: ["?"] };
    const table = await knownTable();
    const { child, interrupt, result } = startLine(line, envOf(table));
    // watch runs until Ctrl-C
    if (line.endsWith(" watch")) child.stdout.once("data", interrupt);
    const found = await result;
    expect(found).toMatchObject({ exitCode, stderr: "" });
    for (const said of says) expect(found.stdout).toMatch(said);
  });
});

/** The commands in the table below "Questions". */
function linesIn(readme: string): string[] {
  const [, section = ""] = /^## Questions\n(.*?)^## /ms.exec(readme) ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.flatMap((row) =>
    [...row.matchAll(/`(\.\/anamo [^`]*)`/g)].map(([, line = ""]) => line.replaceAll("\\|", "|")),
  );
}

async function knownTable(): Promise<Table> {
  const table = await testTable();
  const named = ITEMS.map((text) => {
    const [taskId = "", step = "", state = ""] = text.split(" ");
    return { itemId: state === "failed" ? "ITEM" : `${taskId}-${step}`, taskId, step, state };
  });
  for (const { itemId, taskId, step } of named) await addMember(table, newItem(itemId, { taskId, step }));
  const log = { stdout: "", stderr: "no such file\n", tagged: [] };
  for (const { itemId, state } of named) {
    if (state === "done") await finished(table, itemId);
    if (state === "failed") await failed(table, itemId, { cause: "exit", exitCode: 3, log, logBytes: 13 });
    if (state === "locked") await locked(table, itemId);
  }
  return table;
}

function envOf(table: Table): Record<string, string> {
  const given = Object.entries({ ...testEnv(), ANAMO_TABLE: table.name });
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

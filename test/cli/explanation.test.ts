import { expect, test } from "vitest";
import { addAll, runOne, stepItem } from "../support/depend.ts";
import { testTable } from "../support/env.ts";
import { addItems } from "../support/items.ts";
import { oldTable } from "../support/old-members.ts";
import { anamoOn } from "../support/on-table.ts";

test("explain says a sentence for each reason, with commands that name the table and can be copied", async () => {
  const table = await testTable();
  await addAll(table, [stepItem("align/S1"), stepItem("call/it's S1", { taskId: "S1", after: ["align"] })]);
  await runOne(table, "align/S1", "failed");
  const text = await anamoOn(table, ["explain", "call/it's S1"], { AWS_REGION: "us-east-1" });
  expect(text).toMatchObject({ exitCode: 0, stderr: "" });
  const lines = text.stdout.split("\n");
  expect(lines[0]).toBe("call/it's S1 (sample S1, step call): waiting");
  expect(lines[1]).toBe("  call/it's S1 waits for its sample's items in step align: 1 of 1 is not done (1 failed).");
  expect(lines[2]).toMatch(/^ {2}align\/S1 failed once and was given up at .*; the last time: exit code 1\.$/);
  const target = `--table ${table.name} --region us-east-1`;
  expect(lines[3]).toContain(`    anamo logs --stderr align/S1 ${target} `);
  expect(lines[4]).toMatch(new RegExp(`^    anamo reset align/S1 ${target} +# start it over$`));
  const json = await anamoOn(table, ["explain", "--sample", "S1", "--json"]);
  expect(JSON.parse(json.stdout).items.map(({ itemID }: { itemID: string }) => itemID)).toEqual([
    "align/S1",
    "call/it's S1",
  ]);
  const step = await anamoOn(table, ["explain", "--step", "call", "--json"]);
  expect(JSON.parse(step.stdout).step).toMatchObject({ items: { waiting: 1 }, because: [{ reason: "blocked" }, {}] });
  expect(await anamoOn(table, ["explain", "none"])).toMatchObject({ exitCode: 1, stdout: "" });
  expect((await anamoOn(table, ["explain", "--sample", "S9"])).stderr).toContain("there is no item of sample S9 in");
  expect(await anamoOn(table, ["explain"])).toMatchObject({
    exitCode: 2,
    stderr: "anamo: explain: give one of ITEM, --sample SAMPLE and --step STEP\n",
  });
});

test("show, items and delete take a sample; a table of an earlier version is named, with what makes that quick", async () => {
  const table = await oldTable();
  await addItems(table, [stepItem("align/S7"), stepItem("align/S70"), stepItem("call/S7")]);
  const shown = await anamoOn(table, ["show", "--sample", "S7"]);
  expect(shown.stdout).toMatch(/^item +align\/S7\n[\s\S]*\n\nitem +call\/S7\n/);
  expect(shown.stderr).toContain(`anamo table upgrade --table ${table.name}`);
  const check = await anamoOn(table, ["table", "check", "--table", table.name]);
  expect(check.stdout).toMatch(/member rows +one for each item +not for all[\s\S]*anamo table upgrade/);
  expect(await anamoOn(table, ["table", "upgrade", "--table", table.name])).toMatchObject({ exitCode: 0 });
  const items = await anamoOn(table, ["items", "--sample", "S7", "--ids"]);
  expect(items).toEqual({ exitCode: 0, stdout: "align/S7\ncall/S7\n", stderr: "" });
  const deleted = await anamoOn(table, ["delete", "--sample", "S7", "--yes", "--json"]);
  expect(JSON.parse(deleted.stdout)).toMatchObject({ changed: 2 });
  const gone = await anamoOn(table, ["show", "--sample", "S7", "--json"]);
  expect(gone).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: `anamo: there is no item of sample S7 in ${table.name}\n`,
  });
});

import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { LiveText } from "../../cli/output/live.ts";
import { testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { putEnded } from "../support/many-items.ts";
import { anamoOn } from "../support/on-table.ts";

const [RED, GREEN, END] = ["\x1b[31m", "\x1b[32m", "\x1b[39m"];

async function mixed() {
  const table = await testTable();
  await addItems(table, [newItem("waits")]);
  await putEnded(table, ["good"], "done");
  await putEnded(table, ["bad"], "failed");
  return table;
}

describe("colors", () => {
  test.each([
    [["items"], `${GREEN}done${END}  `, `${RED}failed${END}`],
    [["summary"], `${GREEN}1${END}`, `${RED}1${END}`],
    [["summary", "--by-sample"], `${GREEN}1 done${END}`, `${RED}1 failed${END}`],
    [["show", "bad"], "item       bad", `state      ${RED}failed${END} (exit, exit code 1)`],
  ])("of anamo %j: done is green and failed red, and the text is the same without them", async (args, ...parts) => {
    const table = await mixed();
    const plain = await anamoOn(table, args);
    expect(plain.stdout).not.toContain("\x1b");
    const colored = await anamoOn(table, args, { FORCE_COLOR: "1" });
    for (const part of parts) expect(colored.stdout).toContain(part);
    // `items` prints them as shards answer, in any order
    const lines = (text: string) =>
      text
        .replaceAll(/expected end in.*|throughput.*/g, "")
        .split("\n")
        .toSorted();
    expect(lines(stripVTControlCharacters(colored.stdout))).toEqual(lines(plain.stdout));
  });

  test("are left out for JSON, CSV and lists of ids, even if they are forced", async () => {
    const table = await mixed();
    for (const format of ["--json", "--jsonl", "--csv", "--ids"]) {
      expect((await anamoOn(table, ["items", format], { FORCE_COLOR: "1" })).stdout).not.toContain("\x1b");
    }
  });

  test("are left out for FORCE_COLOR=0", async () => {
    const table = await mixed();
    expect((await anamoOn(table, ["items"], { FORCE_COLOR: "0" })).stdout).not.toContain("\x1b");
  });

  test("end where a line of live text is cut", () => {
    const written: string[] = [];
    const out = { columns: 6, rows: 9, write: (text: string) => written.push(text) };
    new LiveText(out as unknown as NodeJS.WriteStream).show(`a  ${RED}failed${END}  b`);
    expect(written).toEqual([`a  ${RED}fai\x1b[0m\n`]);
  });
});

import { describe, expect, test } from "vitest";
import { testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";

describe("anamo step", () => {
  test("pauses a step, which the summary shows with the command that resumes it, and resumes it", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A", { step: "align" }), newItem("B", { step: "call it" })]);
    const pause = await anamoOn(table, ["step", "pause", "call it", "--why", "the reference is the wrong one"]);
    expect(pause).toEqual({ exitCode: 0, stdout: "Step call it is paused.\n", stderr: "" });
    const sentence =
      /step call it has been paused since [\d:TZ.-]+: the reference is the wrong one: fix it, then `anamo step resume 'call it'`/;
    for (const args of [["summary"], ["step", "list"], ["step", "pause", "call it"]]) {
      expect((await anamoOn(table, args)).stdout).toMatch(sentence);
    }
    const summary = JSON.parse((await anamoOn(table, ["summary", "--json"])).stdout);
    expect(summary.paused).toEqual({
      "call it": { since: expect.any(String), by: expect.stringContaining("@"), why: "the reference is the wrong one" },
    });
    const list = JSON.parse((await anamoOn(table, ["step", "list", "--json"])).stdout);
    expect(list).toEqual([{ step: "align" }, { step: "call it", paused: summary.paused["call it"] }]);
    expect((await anamoOn(table, ["step", "resume", " call it\u00a0"])).stdout).toBe("Step call it is resumed.\n");
    const again = await anamoOn(table, ["step", "resume", "call it", "--json"]);
    expect(JSON.parse(again.stdout)).toEqual({ step: "call it", changed: false });
    expect((await anamoOn(table, ["summary"])).stdout).not.toContain("paused");
  });

  test("resumes no unknown step, and pauses one with a line that lists the known ones", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A", { step: "align" })]);
    expect(await anamoOn(table, ["step", "resume", "aling"])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "anamo: there is no step aling; the steps are: align\n",
    });
    expect(await anamoOn(table, ["step", "pause", "aling"])).toEqual({
      exitCode: 0,
      stdout: "Step aling is paused. It has no items yet; the steps are: align.\n",
      stderr: "",
    });
    expect((await anamoOn(table, ["step", "list"])).stdout).toContain("aling");
  });
});

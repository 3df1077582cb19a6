import { expect, test } from "vitest";
import { tallyRemarks } from "../../cli/import/tally-remarks.ts";
import { LiveText } from "../../cli/output/live.ts";
import { stuckStep } from "../../cli/run/held-up.ts";
import { hintsOn } from "../../cli/run/hints.ts";
import { makeProgress } from "../../cli/run/progress.ts";
import { counted } from "../../lib/counted.ts";
import { summarize } from "../../lib/progress/summarize.ts";
import { noTally } from "../../lib/taskfile/tally.ts";
import { testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { parseOnly } from "../support/program.ts";

test("a count of one is followed by the singular", async () => {
  expect([0, 1, 2, 1_200].map((count) => counted(count, "item"))).toEqual([
    "0 items",
    "1 item",
    "2 items",
    "1,200 items",
  ]);
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const written: string[] = [];
  const out = { isTTY: false, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const summary = await summarize(table);
  const items = { waiting: 0, todo: 0, locked: 1, done: 0, failed: 0, held: 0 };
  makeProgress(out, false).show({ ...summary, items });
  makeProgress(out, false).show({ ...summary, items: { ...items, waiting: 3, failed: 1 }, blocked: 2 });
  expect(written).toEqual([
    "0 of 1 task done, 1 item running, 0 todo, 0 failed\n",
    "0 of 1 task done, 1 item running, 0 todo, 1 waiting, 2 blocked, 1 failed\n",
  ]);
});

test("verbs and pronouns agree with the count", () => {
  const firstLines = { comments: 3, repeatedCommands: 5 };
  expect(tallyRemarks({ ...noTally(), comments: 1, repeatedCommands: 1, firstLines })).toEqual([
    "1 row (line 3) left out: it starts with #",
    "1 row (line 5) repeated a command of an earlier line: it is an item of its own and runs",
  ]);
  expect(tallyRemarks({ ...noTally(), comments: 2, repeatedCommands: 2, firstLines })).toEqual([
    "2 rows (first on line 3) left out: they start with #",
    "2 rows (first on line 5) repeated a command of an earlier line: each is an item of its own and runs",
  ]);
  for (const kind of ["returnsKept", "lookalikes", "typographic", "leftRunning"]) {
    expect(tallyRemarks({ ...noTally(), [kind]: 1 })).toEqual([expect.stringMatching(/^1 row has /)]);
    expect(tallyRemarks({ ...noTally(), [kind]: 2 })).toEqual([expect.stringMatching(/^2 rows have /)]);
  }
  expect(tallyRemarks({ ...noTally(), noEffect: 1 })).toEqual([
    expect.stringContaining("1 row only changes the shell "),
  ]);
  expect(tallyRemarks({ ...noTally(), noEffect: 2 })).toEqual([
    expect.stringContaining("2 rows only change the shells "),
  ]);
});

test("the end of a run says once what newcomers need to know about each common failure", () => {
  const ended = (exitCode: number, logTail: string) => ({ cause: "exit" as const, exitCode, logTail });
  const failed = [
    ended(127, "/usr/bin/bash: line 1: bwa: command not found"),
    ended(127, "/usr/bin/bash: line 1: samtools: command not found"),
    ended(1, "cat: S1.fq: No such file or directory"),
    ended(126, "/usr/bin/bash: line 1: /p/call.sh: Permission denied"),
  ];
  expect(hintsOn(failed, "/p")).toEqual([
    '"command not found": commands are looked for on PATH and in /p (--pipeline).',
    '"No such file": each script runs in an empty folder; name files by full paths or $PYANAMO/…, here /p.',
    '"Permission denied": make the script executable with "chmod +x SCRIPT".',
  ]);
  const full = [
    ended(1, "cat: /data/S1.fq: No such file or directory"),
    ended(1, "/usr/bin/bash: line 1: /data/S03.txt: No such file or directory"),
  ];
  expect(hintsOn(full, "/p")).toEqual(['"No such file": check the name, its path is a full one.']);
  const relative = "/usr/bin/bash: line 1: S03.txt: No such file or directory";
  expect(hintsOn([ended(1, relative)], "/p")).toEqual([expect.stringContaining("runs in an empty folder")]);
  expect(hintsOn([ended(1, "bash: line 1: REF: unbound variable")], "/p")).toEqual([
    '"unbound variable": a variable without a value is an error; where it may be empty, write ${REF:-}.',
  ]);
  expect(hintsOn([ended(1, "write: No space left on device")], "/p")).toEqual([expect.stringContaining("was full")]);
  const crashed = [ended(139, ""), ended(137, ""), ended(139, ""), { ...ended(137, ""), cause: "oom" as const }];
  expect(hintsOn(crashed, "/p").map((hint) => hint.slice(0, 14))).toEqual(["Exit code 137:", "Exit code 139:"]);
  expect(hintsOn([{ ...ended(137, ""), cause: "oom" }, ended(2, "")], "/p")).toEqual([]);
  expect(hintsOn([ended(3, "rm: cannot remove 'x': Permission denied")], "/p")).toEqual([]);
});

test("wrong usage names the command whose help to read", async () => {
  expect((await parseOnly(["step", "pause"])).stderr).toContain("(for usage and examples: anamo step pause --help)");
});

test("a step that somebody paused without a reason has nothing to fix", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  await anamoOn(table, ["step", "pause", "default"]);
  const sentence = /step default has been paused by hand since [\d:TZ.-]+; `anamo step resume default` ends that/;
  for (const args of [["summary"], ["step", "list"], ["step", "pause", "default"]]) {
    expect((await anamoOn(table, args)).stdout).toMatch(sentence);
  }
});

test("on a narrow screen, watch wraps sentences and cuts rows of tables", () => {
  const written: string[] = [];
  const out = { columns: 80, rows: 24, write: (text: string) => written.push(text) };
  const live = new LiveText(out as unknown as NodeJS.WriteStream);
  const sentence =
    "step align has been paused since 2026-11-21T09:10:02.120Z: 20 of the first 20 items failed (exit code 127): fix it, then `anamo step resume align`";
  const row = `step   todo  locked  ${"x".repeat(90)}`;
  live.show(`${row}\n${sentence}\n  indented`);
  const [first = "", ...rest] = (written[0] ?? "").split("\n");
  expect(first).toBe(row.slice(0, 80));
  expect(
    rest
      .slice(0, -2)
      .map((line) => line.trim())
      .join(" "),
  ).toBe(sentence);
  expect(rest.at(-2)).toBe("  indented");
  for (const line of rest) expect(line.length).toBeLessThanOrEqual(80);
  live.show("y");
  expect(written[1]).toBe("\x1b[4A\x1b[0Jy\n");
});

test("a run that ends while items wait for what nobody adds names their step, and no other run does", () => {
  const none = { waiting: 0, todo: 0, locked: 0, done: 0, failed: 0, held: 0 };
  const found = (counts: Partial<typeof none>, blocked: number) => {
    const items = { ...none, ...counts };
    return stuckStep({ items, blocked, steps: { call: { items, blocked } } } as unknown as Parameters<
      typeof stuckStep
    >[0]);
  };
  expect(found({ waiting: 2, done: 1 }, 0)).toBe("call");
  expect(found({ waiting: 2, failed: 1 }, 2)).toBeUndefined();
  expect(found({ waiting: 2, todo: 1 }, 0)).toBeUndefined();
  expect(found({ done: 3 }, 0)).toBeUndefined();
});

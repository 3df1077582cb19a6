import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { openQuoteProblem } from "../../../lib/taskfile/open-quote.ts";
import { readAll } from "../../support/task-files.ts";

const OPEN = [
  ['echo "it', '"'],
  ["echo it's", "'"],
  ["echo $'it\\'s\\'", "'"],
  ["echo `date", "`"],
  ['echo "a" \'b\necho "c"', "'"],
  ["set -euo pipefail\ncat x | awk '{print $1}\nwc -l", "'"],
  ["if true; then echo \"a'; fi", '"'],
  ["(cd x && echo $(date +'%F))", "'"],
  ["# it's\necho \"x # y", '"'],
] as const;

// each has an odd number of some quote
const CLOSED = [
  "echo it\\'s",
  'echo "it\'s"',
  "echo '\"'",
  "echo a # it's",
  "echo $'it\\'s'",
  'echo "\\""',
  "echo ${x:-$'\\''}",
  "cat <<E\nit's\nE",
  "echo $((1 << 2)) # it's",
  "echo x\nexit 0\nit's",
  'echo x; exit\n"notes',
  "shopt -s extglob\necho !(it's|x)'",
  "x='\\'; echo $x",
  "case x in a) echo '\"';; esac",
  "echo $(echo ')' # it's\n)",
  "if [[ $x =~ \\' ]]; then :; fi",
] as const;

describe("a script with a quote that is not closed is rejected", () => {
  test.each(OPEN)("%j", (script, quote) => {
    expect(openQuoteProblem({ TaskScript: script })).toMatchObject({
      found: expect.stringContaining(`a quote (${quote}) that is not closed, "`),
    });
  });

  test("and one that bash runs is not", () => {
    for (const script of CLOSED)
      expect([script, openQuoteProblem({ TaskScript: script })]).toEqual([script, undefined]);
  });

  test("as bash itself says", () => {
    // one start of bash for all of them: each script is parsed by a subshell that does not run it
    const judge = 'for s; do bash -n -c "$s" 2>/dev/null; echo $?; done';
    const scripts = [...OPEN.map(([script]) => script), ...CLOSED.filter((script) => !/exit|extglob/.test(script))];
    const { stdout } = spawnSync("bash", ["-c", judge, "bash", ...scripts], { encoding: "utf8" });
    const statuses = stdout.trim().split("\n").map(Number);
    expect(statuses.map((status) => status === 0)).toEqual(scripts.map((_, index) => index >= OPEN.length));
  });

  test("in all kinds of rows, with the place of the quote", async () => {
    const row = (more: object) => JSON.stringify({ itemID: "a", TaskID: "s", ...more });
    const rows = [
      row({ TaskScript: "echo 'S1" }),
      row({ TaskScript: 'call "$TASK_ARG', TaskArgs: ["x"] }),
      row({ TaskScripts: ["echo a", "echo a 'b"] }),
    ];
    const { messages } = await readAll(rows.join("\n"), { name: "x.jsonl" });
    expect(messages).toEqual([
      "line 1: TaskScript: expected a script whose quotes are closed, found a quote (') that is not closed, \"'S1\"; close it, or write \\' for an ordinary character",
      'line 2: TaskScript: expected a script whose quotes are closed, found a quote (") that is not closed, ""$TASK_ARG"; close it, or write \\" for an ordinary character',
      "line 3: TaskScripts: expected a script whose quotes are closed, found a quote (') that is not closed, \"'b\" in entry 2; close it, or write \\' for an ordinary character",
    ]);
  });
});

import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { scanBash } from "../../../lib/taskfile/bash-scan.ts";
import { placeArgs } from "../../../lib/taskfile/place-args.ts";
import { testFolder } from "../../support/worker.ts";

let folder = "";

/** A command that writes the number of its arguments and then each of them to descriptor 3, all ended by a NUL. */
beforeEach(async () => {
  folder = await testFolder();
  writeFileSync(join(folder, "stub"), `#!/bin/bash\nprintf '%s\\0' $# "$@" >&3\n`);
  chmodSync(join(folder, "stub"), 0o755);
});

/** Runs each of its scripts; without -u, -e or pipefail, so that a script may continue after a command that fails. */
const DRIVER = `for ((at = 0; at < $1; at++)); do
  IFS= read -r -d '' script <"$2/$at"
  bash -c "$script" 3>&1 >/dev/null 2>&1 </dev/null | cat >"$2/$at.out"
done`;

/**
 * Runs each script in its own bash, as a worker does, and returns the arguments of each call of `stub`. A single bash
 * starts all of them, because from this large process each start would take longer than the script.
 */
async function runAll(scripts: readonly string[]): Promise<string[][][]> {
  const files = await testFolder();
  for (const [at, script] of scripts.entries()) writeFileSync(join(files, String(at)), script);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, HOME: folder };
  const args = ["-c", DRIVER, "bash", String(scripts.length), files];
  const { status } = spawnSync("bash", args, { cwd: folder, env, timeout: 100_000, stdio: "ignore" });
  expect(status).toBe(0);
  return scripts.map((_, at) => callsIn(readFileSync(join(files, `${at}.out`), "utf8")));
}

function callsIn(printed: string): string[][] {
  const calls: string[][] = [];
  const words = printed.split("\0");
  while (words.length > 1) {
    const count = Number(words.shift());
    calls.push(words.splice(0, count));
  }
  return calls;
}

const PIECES = [
  "stub a",
  "stub 'x # y'",
  'stub "a; b" c',
  "stub $'it\\'s'",
  "stub a#b",
  "stub $(echo ')')",
  'stub "$(echo ")")"',
  "stub \"${x:-it'}'s}\"",
  "stub ${x#'a'}",
  "stub `echo '#'`",
  "stub $((1+(2*3)))",
  "stub >/dev/null",
  ">/dev/null stub",
  "stub 4>&1",
  "stub <<<'a b'",
  "stub <(echo a)",
  "A=1 stub",
  "A=(1 2) ",
  "A=1",
  "A+=x B=$(echo y)",
  "stub <<E\n# 'x\nE\nstub",
  "stub <<'E' b\n$(x\nE",
  "stub <<-E\n\tx\n\tE\n",
  "stub a \\\n  b",
  "( stub )",
  "{ stub; }",
  "if true; then stub; fi",
  "if false; then :; else stub",
  "for i in 1 2; do stub; done",
  "for ((i = 0; i < 2; i++)); do stub; done",
  "while false; do stub; done </dev/null",
  "until true; do stub; done; stub",
  "case a in (a|b) stub;; *) stub; esac",
  "case a in\n a) stub ;;\nesac; stub",
  'f() { stub "$@"; }; f',
  "function f { stub; }",
  "[[ a == @(a|b) ]]",
  "[[ a =~ ^a|b$ && -n x ]] && stub",
  "((1 + 1))",
  "time stub",
  "! stub",
  "stub if then",
  "stub {a,b} }",
  "stub \\# x",
  "stub; # c",
  "# c",
  "stub '",
  'stub "',
  "stub $(",
  "stub ${x",
  "stub >",
  "stub 2>&",
  "stub -- [ ]",
  "select x in a; do stub; done </dev/null",
];
const JOINTS = ["; ", "\n", "; true && ", " & ", " # c\n", ";\n", " | ", "\n\n"];
const TAILS = ["", "", "", " ", "\t", "\n", " # x", " #", ";", "&", " \\", "|", " &&", "||", "<", " )", "\\\n", " #\n"];

const runs = process.env.ANAMO_TEST_RUNS;

test("a word at the end of a script is an argument of its last command exactly if the scan says so", async () => {
  const script = fc
    .tuple(
      fc.constantFrom(...PIECES),
      fc.array(fc.tuple(fc.constantFrom(...JOINTS), fc.constantFrom(...PIECES)), { maxLength: 2 }),
      fc.constantFrom(...TAILS),
    )
    .map(([first, more, tail]) => first + more.flat().join("") + tail)
    // a function defined in a subshell is unknown after it; a pipeline has no ! and time inside
    .filter((text) => !/[|&] f\(\)|\| (?:!|time)/.test(text))
    // a comment hides the stub of a command that continues on the next line; bash versions differ after `${x;`
    .filter((text) => !/#[^\n]*\\\n|\$\{x;/.test(text));
  // with ANAMO_TEST_RUNS, other scripts each time
  const options = { numRuns: Number(runs ?? 250), ...(runs === undefined && { seed: 20_261_130 }) };
  const texts = fc.sample(script, options);
  for (const [at, calls] of (await runAll(texts.map((text) => `${text} ARG-1`))).entries()) {
    const text = texts[at] ?? "";
    const { badEnd } = scanBash(text);
    const isArgument = calls.some((args) => args.includes("ARG-1"));
    expect({ text, isArgument, badEnd }).toEqual({ text, isArgument: badEnd === undefined, badEnd });
  }
}, 120_000);

const character = fc.oneof(
  fc.constantFrom(..."'\"\\$`!#{}()[];&|<>*?~= \t\nab1"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
);
const anyArg = fc
  .array(character, { minLength: 1, maxLength: 12 })
  .map((all) => all.join(""))
  .filter((arg) => !arg.includes("\0") && arg.isWellFormed());

/** Places each argument in a script, and expects its first call of `stub` to get what `expected` says. */
async function expectUnchanged(args: readonly string[], script: string, expected: (arg: string) => string[]) {
  const scripts = args.map((arg) => {
    const placed = placeArgs(script, { values: [arg], written: [arg] });
    if (!Array.isArray(placed)) throw new Error(placed.found);
    return placed[0] ?? "";
  });
  const firsts = (await runAll(scripts)).map((calls) => calls.at(0));
  expect(firsts).toEqual(args.map(expected));
}

describe("any argument arrives unchanged", () => {
  test.each([
    ["stub {}", (arg: string) => [arg]],
    ["stub a{}b {} # {}", (arg: string) => [`a${arg}b`, arg]],
    ['stub "a {} $((1)) {}"', (arg: string) => [`a ${arg} 1 ${arg}`]],
    ["stub 'a {} $x'", (arg: string) => [`a ${arg} $x`]],
    ["stub $'a\\t{}'", (arg: string) => [`a\t${arg}`]],
    ['stub "$(printf %s. {})"', (arg: string) => [`${arg}.`]],
    ["stub \\{} '\\{}' {}\n", (arg: string) => ["{}", "{}", arg]],
    ['x={}; stub "$x"', (arg: string) => [arg]],
    ["if true; then stub {}; fi", (arg: string) => [arg]],
    ["bash -c 'stub \"$0\"' {}", (arg: string) => [arg]],
  ] as [string, (arg: string) => string[]][])("in %s", async (script, expected) => {
    await expectUnchanged([".", "-n", "\n", ...fc.sample(anyArg, 22)], script, expected);
  });

  test.each(["E", "'E'"])("in a here-document that ends with %s, if it is one line", async (end) => {
    const oneLine = anyArg.filter((arg) => !arg.includes("\n"));
    const script = `x=$(cat <<${end}\na {} b\nE\n)\nstub "$x"`;
    await expectUnchanged(fc.sample(oneLine, 13), script, (arg) => [`a ${arg} b`]);
  });
});

import type { Command } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { bashCompletion } from "../../cli/completion/bash.ts";
import { CAUSES, ITEM_STATES } from "../../lib/items/states.ts";
import { ITEM_FIELDS } from "../../lib/select/item-fields.ts";
import { anamo } from "../support/anamo.ts";
import { allRegistered, parseOnly } from "../support/program.ts";
import { askBash, askFish, askZsh, hasFish, hasZsh, placesNow, type Question, SOME_FILE } from "../support/shells.ts";

/** What must be offered, and nothing else. */
type Expected = readonly [Question, readonly string[]];

const CASES: readonly Expected[] = [
  [["su"], ["summary"]],
  [
    ["table", "c"],
    ["create", "check", "capacity"],
  ],
  [
    ["reset", "--st"],
    ["--state", "--step"],
  ],
  [
    ["items", "--state", ""],
    [...ITEM_STATES, "blocked"],
  ],
  [["items", "--state=f"], ["failed"]],
  [
    ["items", "--state="],
    [...ITEM_STATES, "blocked"],
  ],
  [["delete", "--cause", ""], CAUSES],
  [
    ["reset", "A", "--to", ""],
    ["todo", "held"],
  ],
  [["import", "ta"], [SOME_FILE]],
  [["reset", "--from", "ta"], [SOME_FILE]],
  [["reset", "--match", ""], []],
  [["reset", "table", "c"], []],
  [
    ["help", "table", "c"],
    ["create", "check", "capacity"],
  ],
  [["ls", "--state", "f"], ["failed"]],
  [["status", "--nes"], ["--nested"]],
];

const SHELLS: (readonly [shell: string, ask: typeof askBash, isHere: () => Promise<boolean>])[] = [
  ["bash", askBash, async () => true],
  ["zsh", askZsh, hasZsh],
  ["fish", askFish, hasFish],
];

describe.for(SHELLS)("%s", ([shell, ask, isHere]) => {
  let isMissing = false;
  beforeAll(async () => {
    isMissing = !(await isHere());
  });

  async function expectOffered(expected: readonly Expected[], advice = ""): Promise<void> {
    const answers = await ask(expected.map(([words]) => words));
    const offered = expected.map(([words], at) => [words.join(" "), (answers[at] ?? []).toSorted()]);
    expect(offered, advice).toEqual(expected.map(([words, choices]) => [words.join(" "), choices.toSorted()]));
  }

  test("completions that match the typed text are offered", async ({ skip }) => {
    skip(isMissing, `there is no ${shell} here`);
    await expectOffered(CASES);
  });

  test("the last value of a comma-separated list is completed", async ({ skip }) => {
    skip(isMissing, `there is no ${shell} here`);
    const [answer = [], inOne = []] = await ask([
      ["items", "--state", "failed,d"],
      ["items", "--fields=itemID,st"],
    ]);
    expect(answer.map((value) => value.split(",").at(-1))).toEqual(["done"]);
    const fields = ITEM_FIELDS.filter((name) => name.startsWith("st"));
    expect(inOne.map((value) => value.split(",").at(-1)).toSorted()).toEqual(fields.toSorted());
  });

  test("every command, and every option of each, is offered", async ({ skip }) => {
    skip(isMissing, `there is no ${shell} here`);
    await expectOffered(
      (await allRegistered()).flatMap(({ path, command }): Expected[] => [
        ...(command.commands.length > 0 ? [[[...path, ""], namesBelow(command)] as const] : []),
        // after help come names of commands
        [[...path, "--"], path[0] === "help" ? ["--help", "--version"] : optionsOf(command)],
      ]),
    );
  });

  test("every value of an option with a fixed set of values is offered", async ({ skip }) => {
    skip(isMissing, `there is no ${shell} here`);
    const expected = await enumerated();
    expect(expected.map(([words]) => words.join(" "))).toContain("items --cause ");
    await expectOffered(expected, "name the values in KNOWN of cli/describe-command.ts, or give the option .choices()");
  });
});

test("anamo completion prints the script for bash, zsh or fish, and rejects other shells", async () => {
  const bash = await anamo(["completion", "bash"]);
  expect(bash).toEqual({ exitCode: 0, stdout: bashCompletion(await placesNow()), stderr: "" });
  const zsh = await anamo(["completion", "zsh"]);
  expect(zsh.stdout).toMatch(/^#compdef anamo\n/);
  expect(zsh.stdout).toContain("'--older-than:done, failed, held or locked for longer than 90s, 15m, 2h, 7d …'");
  const fish = await anamo(["completion", "fish"]);
  expect(fish.stdout).toMatch(/^# fish completion of anamo/);
  expect(fish.stdout).toContain("-l older-than -x -d 'done, failed, held or locked for longer");
  expect(await anamo(["completion", "csh"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("bash, zsh, fish"),
  });
});

function namesBelow(command: Command): string[] {
  return command.commands.map((child) => child.name());
}

function optionsOf(command: Command): string[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap(({ long }) => long ?? []);
}

/** Options and arguments with a fixed set of values, found from the error message about a wrong value. */
async function enumerated(): Promise<Expected[]> {
  const found: Expected[] = [];
  for (const { path, command } of await allRegistered()) {
    for (const { long, short } of command.options.filter(({ required, optional }) => required || optional)) {
      const values = valuesIn((await parseOnly([...path, `${long}=~`])).stderr);
      if (values.length === 0) continue;
      for (const name of [long, short]) if (name) found.push([[...path, name, ""], values]);
    }
    for (const { argChoices } of command.registeredArguments) if (argChoices) found.push([[...path, ""], argChoices]);
  }
  return found;
}

/** `a`, `b` and `c` in "Expected one of a, b, c." and similar messages. */
function valuesIn(text: string): string[] {
  const list = /(?:(?:one|some) of|choices are) ((?:[\w-]+, )+[\w-]+)[.,]/i.exec(text)?.[1];
  return list?.split(", ") ?? [];
}

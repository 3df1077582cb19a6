import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Argument, Option } from "commander";
import { describe, expect, test } from "vitest";
import { type AnamoResult, anamo } from "../support/anamo.ts";
import { allRegistered, anamoCalls, parseOnly, type Registered } from "../support/program.ts";
import { testFolder } from "../support/worker.ts";

/*
 * What every command must satisfy, future ones included: its help is one screen with examples that work, and a message
 * about wrong usage says what was wrong and what was expected. Only the few tests that run a command name one.
 */

/** Each help must fit on this screen, both at the usual width and at this one. */
const SCREEN = { lines: 50, columns: 100 };
const USUAL_COLUMNS = 80;
/** What examples may pipe into. */
const OTHER_COMMANDS = ["jq", "psql"];

/**
 * A wrong value for each kind of option or argument, by the name between its brackets; null if any text is right, or
 * any name of a file or folder.
 */
const WRONG: Readonly<Record<string, string | null>> = {
  n: "two",
  seconds: "soon",
  hours: "noon",
  units: "0.5",
  price: "cheap",
  GB: "much",
  place: "s3://",
  percent: "many",
  time: "2 weeks",
  state: "faild",
  cause: "bad",
  what: "whatever",
  "how-long": "always",
  shell: "csh",
  names: "Colour",
  fields: "colour",
  format: "xml",
  name: "a b",
  old: "a b",
  stage: "a b",
  region: "eu/west",
  profile: null,
  character: "letters",
  pattern: "(",
  glob: "",
  step: null,
  sheet: null,
  workflow: null,
  steps: null,
  sample: null,
  who: "mine",
  script: null,
  list: null,
  "list-name": "a/b",
  id: null,
  item: null,
  task: null,
  ids: null,
  queue: null,
  definition: null,
  text: null,
  file: null,
  folder: null,
  command: null,
  url: "no-url",
};

const COMMANDS = (await allRegistered()).map((one) => [["anamo", ...one.path].join(" "), one] as const);
const LEAVES = COMMANDS.filter(([, { command }]) => command.commands.length === 0);
const GROUPS = COMMANDS.filter(([, { command }]) => command.commands.length > 0);

describe("the help", () => {
  test.for(COMMANDS)("of %s is one screen", async ([title, { path }]) => {
    for (const columns of [USUAL_COLUMNS, SCREEN.columns]) {
      const lines = (await helpOf(path, columns)).trimEnd().split("\n");
      expect(lines.filter((line) => [...line].length > SCREEN.columns)).toEqual([]);
      expect(lines.length, `lines of the help of ${title}`).toBeLessThanOrEqual(SCREEN.lines);
    }
  });

  test.for(COMMANDS)("of %s has examples of the command, each valid as it is written", async ([title, { path }]) => {
    const [, examples = ""] = (await helpOf(path)).split(/^Examples?:\n/m);
    const calls = await anamoCalls(examples, OTHER_COMMANDS);
    const texts = calls.map((call) => ["anamo", ...call].join(" "));
    expect(texts.filter((text) => text.startsWith(title))).not.toEqual([]);
    for (const call of calls) expect({ call, ...(await parseOnly(call)) }).toMatchObject({ call, ...FINE });
  });

  test.for(COMMANDS)("of %s is also what anamo help prints", async ([, { path }]) => {
    expect(await parseOnly(["help", ...path])).toEqual({ ...FINE, stdout: await helpOf(path) });
  });

  test.for(GROUPS)("of %s has a line for each command", async ([, { path, command }]) => {
    const [, list = ""] = (await helpOf(path)).split(/^Commands:\n/m);
    const lines = list.split("\n\n", 1).flatMap((text) => text.split("\n"));
    const first = lines.map((line) => line.trim().split(" ")[0]).filter((word) => word !== "help");
    const names = command.commands.map((child) => child.name()).filter((name) => name !== "help");
    expect(first, "give each that takes more than a line a .summary()").toEqual(names);
  });
});

describe("a mistyped word is named, and the right one suggested:", () => {
  test.for(GROUPS)("commands of %s", async ([, { path, command }]) => {
    const names = command.commands.map((child) => child.name());
    for (const name of names) {
      const wrong = mistyped(name, names);
      const { exitCode, stderr } = await parseOnly([...path, wrong]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(`command '${wrong}'`) });
      expect(suggestions(stderr), wrong).toContain(name);
    }
  });

  test.for(COMMANDS)("options of %s", async ([, { path, command }]) => {
    const names = command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long }) => long?.slice(2) ?? []);
    for (const name of names) {
      const wrong = `--${mistyped(name, names)}`;
      const { exitCode, stderr } = await parseOnly([...path, wrong]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(`option '${wrong}'`) });
      expect(suggestions(stderr), wrong).toContain(`--${name}`);
    }
  });
});

test.for(LEAVES)("missing arguments and options are named: %s", async ([, { path, command }]) => {
  const places = command.registeredArguments;
  for (const [at, place] of places.entries()) {
    if (!place.required) continue;
    const { exitCode, stderr } = await parseOnly([...path, ...wordsFor(places.slice(0, at))]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining(`argument '${place.name()}'`),
    });
  }
  const words = await wholeCall({ path, command });
  expect(await parseOnly(words), words.join(" ")).toMatchObject(FINE);
});

test.for(LEAVES)("a wrong value is named, with what was expected: %s", async ([, { path, command }]) => {
  const words = await wholeCall({ path, command });
  for (const option of command.options.filter(({ required, optional }) => required || optional)) {
    const wrong = wrongFor(option);
    if (wrong !== undefined) await expectRefusal([...words, `${option.long}=${wrong}`], option.long ?? "", wrong);
  }
  for (const [at, place] of command.registeredArguments.entries()) {
    const wrong = wrongFor(place);
    const before = wordsFor(command.registeredArguments.slice(0, at));
    if (wrong !== undefined) await expectRefusal([...path, ...before, wrong], place.name(), wrong);
  }
});

test.for([
  [["summry"], "(Did you mean summary?)"],
  [["table", "creat"], "(Did you mean create?)"],
  [["help", "tabel"], "(Did you mean table?)"],
  [["items", "--stat", "done"], "(Did you mean --state?)"],
  [["add", "A", "--tsak", "S"], "(Did you mean --task?)"],
  [["add", "A", "--task", "S"], "'--script <script>'"],
  [["show"], "'item'"],
] as const)("wrong usage exits with 2: %j", async ([args, message]) => {
  const result = await anamo(args);
  expect(result).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(message) });
});

/** Stands for an item, a file, a script … */
const ANYTHING = "any";
const FINE = { exitCode: 0, stderr: "" };
/** Variables that point to a port where nothing answers. */
const NOWHERE = {
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "a",
  AWS_SECRET_ACCESS_KEY: "b",
  ANAMO_TABLE: "nowhere",
  ANAMO_BUCKET: "nowhere",
};

async function helpOf(path: readonly string[], columns = USUAL_COLUMNS): Promise<string> {
  return (await parseOnly([...path, "--help"], columns)).stdout;
}

/** A word without its last letter, or with it doubled if the shorter one is known too. */
function mistyped(word: string, known: readonly string[]): string {
  const shorter = word.slice(0, -1);
  return known.includes(shorter) ? `${word}${word.at(-1)}` : shorter;
}

function suggestions(stderr: string): string[] {
  return /\(Did you mean (?:one of )?(.+)\?\)/.exec(stderr)?.[1]?.split(", ") ?? [];
}

function wordsFor(places: readonly Argument[]): string[] {
  return places.filter(({ required }) => required).map(({ argChoices }) => argChoices?.[0] ?? ANYTHING);
}

/** A call with everything that the command requires, found from commander's messages. */
async function wholeCall({ path, command }: Registered): Promise<string[]> {
  const words = [...path, ...wordsFor(command.registeredArguments)];
  for (;;) {
    const { stderr } = await parseOnly(words);
    const missing = /required option '(?:-\w, )?(--[\w-]+) <[\w-]+>' not specified/.exec(stderr)?.[1];
    if (missing === undefined) return words;
    expect(command.usage()).toContain(missing);
    const choices = command.options.find(({ long }) => long === missing)?.argChoices;
    words.push(`${missing}=${choices?.[0] ?? ANYTHING}`);
  }
}

/** A value that an option or argument rejects, if there is one. */
function wrongFor(place: Option | Argument): string | undefined {
  const kind = "flags" in place ? (/[<[]([\w-]+)/.exec(place.flags)?.[1] ?? "") : place.name();
  if (kind in WRONG) return WRONG[kind] ?? undefined;
  throw new Error(`say in WRONG, in test/cli/usage.test.ts, what cannot stand for <${kind}>, or that anything can`);
}

/** Some wrong values are rejected only when the command begins, but before it sends a request. */
async function expectRefusal(words: readonly string[], name: string, wrong: string): Promise<void> {
  const parsed = await parseOnly(words);
  const { exitCode, stderr } = parsed.exitCode === 0 ? await begin(words) : { ...parsed, exitCode: 2 };
  expect({ words, exitCode }, stderr).toEqual({ words, exitCode: 2 });
  for (const part of [name, wrong]) expect(stderr).toContain(part);
  expect(stderr, words.join(" ")).toMatch(/expected|allowed choices/i);
}

/** Runs a command in a folder with a task file, and with nothing to connect to. */
async function begin(words: readonly string[]): Promise<AnamoResult> {
  const cwd = await testFolder();
  await writeFile(join(cwd, ANYTHING), "itemID|TaskID|TaskScript\n");
  return anamo(words, { cwd, env: NOWHERE });
}

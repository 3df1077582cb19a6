import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Argument, Option } from "commander";
import { describe, expect, test } from "vitest";
import { type AnamoResult, anamo } from "../support/anamo.ts";
import { allRegistered, anamoCalls, parseOnly, type Registered } from "../support/program.ts";
import { testFolder } from "../support/worker.ts";

/*
 * What holds of every command there is, and of every one to come: its help is one screen with examples that work, and
 * whoever mistypes something is told what, and what was expected. Nothing here names a command, save a few that are run.
 */

/** The screen that each help has to fit, written for terminals of the usual width and of this one. */
const SCREEN = { lines: 50, columns: 100 };
const USUAL_COLUMNS = 80;
/** What examples may pipe into. */
const OTHER_COMMANDS = ["jq"];

/**
 * A wrong value for each kind, by what stands between the brackets of an option or argument; null where any text will
 * do, or a file or folder of any name.
 */
const WRONG: Readonly<Record<string, string | null>> = {
  ...{ n: "two", seconds: "soon", hours: "noon", units: "0.5", percent: "many", time: "2 weeks" },
  ...{ state: "faild", cause: "bad", what: "whatever", shell: "fish", names: "Colour", fields: "colour" },
  ...{ name: "a b", old: "a b", stage: "a b", region: "eu/west", character: "letters", pattern: "(", glob: "" },
  ...{ step: null, sample: null, script: null, list: null, id: null, item: null, task: null, ids: null },
  ...{ queue: null, definition: null, text: null },
  ...{ file: null, folder: null, command: null, url: "no-url" },
};

const COMMANDS = allRegistered().map((one) => [["anamo", ...one.path].join(" "), one] as const);
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

  test.for(COMMANDS)("of %s has examples of itself, and each can be typed as it stands", async ([title, { path }]) => {
    const [, examples = ""] = (await helpOf(path)).split(/^Examples?:\n/m);
    const calls = await anamoCalls(examples, OTHER_COMMANDS);
    const texts = calls.map((call) => ["anamo", ...call].join(" "));
    expect(texts.filter((text) => text.startsWith(title))).not.toEqual([]);
    for (const call of calls) expect({ call, ...(await parseOnly(call)) }).toMatchObject({ call, ...FINE });
  });

  test.for(COMMANDS)("of %s is what anamo help says", async ([, { path }]) => {
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

describe("what is mistyped is named, and the near one suggested:", () => {
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

test.for(LEAVES)("what is missing is named: %s", async ([, { path, command }]) => {
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

test.for(LEAVES)("a value of the wrong kind is told with what was expected: %s", async ([, { path, command }]) => {
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
] as const)("wrong usage makes it exit with 2: %j", async ([args, message]) => {
  const result = await anamo(args);
  expect(result).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(message) });
});

/** Stands for an item, a file, a script … */
const ANYTHING = "any";
const FINE = { exitCode: 0, stderr: "" };
/** Variables of a place where nothing answers. */
const NOWHERE = {
  ...{ AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "a" },
  ...{ AWS_SECRET_ACCESS_KEY: "b", ANAMO_TABLE: "nowhere", ANAMO_BUCKET: "nowhere" },
};

async function helpOf(path: readonly string[], columns = USUAL_COLUMNS): Promise<string> {
  return (await parseOnly([...path, "--help"], columns)).stdout;
}

/** A word with its last letter left out, or doubled where that would be another of them. */
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

/** A call with all that it must have; commander says what that is. */
async function wholeCall({ path, command }: Registered): Promise<string[]> {
  const words = [...path, ...wordsFor(command.registeredArguments)];
  for (;;) {
    const { stderr } = await parseOnly(words);
    const missing = /required option '(?:-\w, )?(--[\w-]+) <[\w-]+>' not specified/.exec(stderr)?.[1];
    if (missing === undefined) return words;
    expect(command.usage()).toContain(missing);
    words.push(`${missing}=${ANYTHING}`);
  }
}

/** A value that cannot be in a place, if there is any. */
function wrongFor(place: Option | Argument): string | undefined {
  const kind = "flags" in place ? (/[<[]([\w-]+)/.exec(place.flags)?.[1] ?? "") : place.name();
  if (kind in WRONG) return WRONG[kind] ?? undefined;
  throw new Error(`say in WRONG, in test/cli/usage.test.ts, what cannot stand for <${kind}>, or that anything can`);
}

/** What the options alone do not show is found when the command begins, before it asks anybody. */
async function expectRefusal(words: readonly string[], name: string, wrong: string): Promise<void> {
  const parsed = await parseOnly(words);
  const { exitCode, stderr } = parsed.exitCode === 0 ? await begin(words) : { ...parsed, exitCode: 2 };
  expect({ words, exitCode }, stderr).toEqual({ words, exitCode: 2 });
  for (const part of [name, wrong]) expect(stderr).toContain(part);
  expect(stderr, words.join(" ")).toMatch(/expected|allowed choices/i);
}

/** Runs a command where the file that it may be about is there, and nothing else. */
async function begin(words: readonly string[]): Promise<AnamoResult> {
  const cwd = await testFolder();
  await writeFile(join(cwd, ANYTHING), "itemID|TaskID|TaskScript\n");
  return anamo(words, { cwd, env: NOWHERE });
}

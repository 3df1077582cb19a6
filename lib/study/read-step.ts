import { isAllowFailed } from "../items/dependencies.ts";
import { ITEM_SETTINGS } from "../items/item-settings.ts";
import { isKeep, KEEPS } from "../store/settings.ts";
import { MAX_NAMES } from "../taskfile/check-dependencies.ts";
import { grouped, shown } from "../taskfile/problem.ts";
import { trimText } from "../taskfile/split-args.ts";
import { secondsOf } from "./durations.ts";
import type { Mistake, Named, StudyStep } from "./study.ts";
import { unknownKeyText } from "./unknown-key.ts";
import { parseCondition } from "./when.ts";
import type { YamlNode } from "./yaml-nodes.ts";

/** What reading a step requires from outside. */
export interface StepReader {
  /** reads a file by its path from the workflow file; throws a UsageError if it cannot */
  readFile: (path: string) => Promise<string>;
  described: (node: YamlNode) => string;
  mistakes: Mistake[];
}

export const STEP_KEYS = [
  "script",
  "after",
  "afterAll",
  "afterItems",
  "allowFailed",
  "group",
  "once",
  "when",
  "args",
  "inputs",
  "keep",
  "timeout",
  "attempts",
  "lease",
  "priority",
] as const;

type StepKey = (typeof STEP_KEYS)[number];

const SETTING_KEYS = {
  timeout: ITEM_SETTINGS.timeoutMs,
  attempts: ITEM_SETTINGS.maxAttempts,
  lease: ITEM_SETTINGS.leaseMs,
  priority: ITEM_SETTINGS.priority,
} as const;

type Value = { step: StudyStep; node: YamlNode; reader: StepReader; key: string };

/** Reads one step; undefined if it has no script. Adds what is wrong to `reader.mistakes`. */
export async function readStep(name: Named, value: YamlNode, reader: StepReader): Promise<StudyStep | undefined> {
  const { mistakes, described } = reader;
  if (value.kind !== "map") {
    const expected = 'expected keys with colons, such as  script: "align.sh {sample}"';
    mistakes.push({ line: value.line, text: `step ${name.text}: ${expected}; found ${described(value)}` });
    return undefined;
  }
  const step: StudyStep = { name: name.text, line: name.line, script: { text: "", line: name.line }, settings: {} };
  for (const { key, value: node } of value.entries) {
    if (!isStepKey(key.text)) {
      mistakes.push({ line: key.line, text: unknownKeyText(key.text, STEP_KEYS, `step ${name.text}`) });
      continue;
    }
    await READERS[key.text]({ step, node, reader, key: key.text });
  }
  if (!value.entries.some(({ key }) => key.text === "script")) {
    mistakes.push({ line: name.line, text: `step ${name.text}: expected a script, found none` });
    return undefined;
  }
  if (step.allowFailed !== undefined && !step.afterAll) {
    const text = "allowFailed: expected nothing without afterAll; it says how many of those items may have failed";
    mistakes.push({ line: name.line, text: `step ${name.text}: ${text}` });
  }
  if (step.once && step.group) {
    mistakes.push({ line: name.line, text: `step ${name.text}: expected once or group, found both` });
  }
  return step;
}

function isStepKey(key: string): key is StepKey {
  return (STEP_KEYS as readonly string[]).includes(key);
}

const READERS: Readonly<Record<StepKey, (value: Value) => void | Promise<void>>> = {
  script(given) {
    const { node, step } = given;
    if (node.kind !== "text" || trimText(node.text) === "") {
      const braces = node.kind === "map" ? "; put a script that begins with { in quotes" : "";
      return wrong(given, `a shell command${braces}`);
    }
    step.script = { text: node.text, line: node.line };
  },
  after: (given) => steps(given, "after"),
  afterAll: (given) => steps(given, "afterAll"),
  afterItems(given) {
    const names = texts(given, "an itemID, or a list of them");
    if (names.length > MAX_NAMES) wrong(given, `at most ${MAX_NAMES} itemIDs`);
    else if (names.length > 0) given.step.afterItems = [...new Set(names.map(({ text }) => text))];
  },
  allowFailed(given) {
    const { node, step } = given;
    if (node.kind === "text" && isAllowFailed(node.text)) step.allowFailed = node.text;
    else wrong(given, "a number of items such as 3, or a share of them such as 2%");
  },
  group(given) {
    const columns = texts(given, "a column, or a list of columns");
    if (columns.length > 0) given.step.group = columns;
  },
  once(given) {
    const { node, step } = given;
    if (node.kind === "text" && (node.text === "true" || node.text === "false")) step.once = node.text === "true";
    else wrong(given, "true (one item in all) or false (one for each sample)");
  },
  when(given) {
    const { node, step, reader } = given;
    if (node.kind !== "text") return wrong(given, 'a condition such as "{layout} == paired", in quotes');
    const parsed = parseCondition(node.text);
    if (typeof parsed !== "string") step.when = { text: node.text, line: node.line };
    else reader.mistakes.push({ line: node.line, text: `step ${step.name}: when: ${parsed}` });
  },
  args,
  inputs(given) {
    const inputs = texts(given, "a step, an s3:// URI or a path, or a list of them");
    if (inputs.length > MAX_NAMES) wrong(given, `at most ${MAX_NAMES} inputs`);
    else if (inputs.length > 0) given.step.inputs = inputs;
  },
  keep(given) {
    const { node, step } = given;
    if (node.kind === "text" && isKeep(node.text)) step.keep = node.text;
    else wrong(given, `how long its results stay: ${KEEPS.join(" or ")}`);
  },
  timeout: setting,
  attempts: setting,
  lease: setting,
  priority: setting,
};

function wrong({ step, node, reader, key }: Value, expected: string): void {
  const text = `step ${step.name}: ${key}: expected ${expected}, found ${reader.described(node)}`;
  reader.mistakes.push({ line: node.line, text });
}

/** A text, or a list of texts; for anything else, records a mistake and returns an empty list. */
function texts(given: Value, expected: string): Named[] {
  const { node } = given;
  const entries = node.kind === "list" ? node.entries : [node];
  const found = entries.flatMap((entry) =>
    entry.kind === "text" && entry.text.trim() !== "" ? [{ text: entry.text.trim(), line: entry.line }] : [],
  );
  if (found.length === entries.length && found.length > 0) return found;
  wrong(given, expected);
  return [];
}

function steps(given: Value, key: "after" | "afterAll"): void {
  const names = texts(given, "a step, or a list of steps");
  if (names.length > MAX_NAMES) wrong(given, `at most ${MAX_NAMES} steps`);
  else if (names.length > 0) given.step[key] = names;
}

function setting({ step, node, reader, key }: Value): void {
  const { kind, min, max, column } = SETTING_KEYS[key as keyof typeof SETTING_KEYS];
  const number = node.kind !== "text" ? undefined : kind === "seconds" ? secondsOf(node.text) : wholeNumber(node.text);
  if (number !== undefined && number >= min && number <= max) {
    step.settings[column] = String(number);
    return;
  }
  const expected =
    kind === "seconds"
      ? `a time such as 6h, 90m or 30s, up to ${grouped(max)} seconds`
      : `a whole number from ${grouped(min)} to ${grouped(max)}`;
  wrong({ step, node, reader, key }, expected);
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

const ARGS = "a list, {file: regions.txt} or {column: regions}";

async function args(given: Value): Promise<void> {
  const { node, step, reader } = given;
  if (node.kind === "list") {
    const values = node.entries.flatMap((entry) => (entry.kind === "text" ? [entry.text] : []));
    if (values.length === node.entries.length && values.length > 0) step.args = { values };
    else wrong(given, `${ARGS}; with a text for each entry`);
    return;
  }
  const [entry, ...others] = node.kind === "map" ? node.entries : [];
  if (!entry || others.length > 0 || entry.value.kind !== "text") return wrong(given, ARGS);
  const { key, value } = entry;
  if (key.text === "column") step.args = { column: { text: value.text.trim(), line: value.line } };
  else if (key.text === "file") {
    const values = await linesOf(value.text, reader).catch((error: unknown) => {
      reader.mistakes.push({ line: value.line, text: `step ${step.name}: args: ${(error as Error).message}` });
    });
    if (values) step.args = { values };
  } else {
    reader.mistakes.push({
      line: key.line,
      text: unknownKeyText(key.text, ["file", "column"], `args of step ${step.name}`),
    });
  }
}

/** The lines of a file, without blank lines, comments (`#`), and blanks at their ends. */
async function linesOf(path: string, { readFile }: StepReader): Promise<string[]> {
  const lines = (await readFile(path))
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map(trimText)
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw new Error(`expected one argument per line in ${shown(path)}, found none`);
  return lines;
}

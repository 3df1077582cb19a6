import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { grouped, shown } from "../taskfile/problem.ts";
import { type Mistake, mistakesError, type Named } from "./study.ts";

/** A node of a YAML file, with its line. */
export type YamlNode = { line: number } & (
  | { kind: "text"; text: string; isPlain: boolean }
  | { kind: "list"; entries: YamlNode[] }
  | { kind: "map"; entries: { key: Named; value: YamlNode }[] }
  | { kind: "nothing" }
);

/** How deep nodes may be nested: they may be named and repeated (`&a`, `*a`), even inside themselves. */
const DEEPEST = 20;
/** How many nodes may be repeats: a few nested lists of repeats would make billions. */
const MOST_REPEATED = 100_000;

/**
 * Reads YAML as texts, lists and maps. Numbers stay as written, so that `2.10` does not become 2.1. Throws an
 * UnusableFileError with the lines of all mistakes.
 */
export function readYaml(source: string, name: string): YamlNode {
  const lines = new LineCounter();
  // the library compares each key with all others in its map, which takes a minute for 30,000 keys
  const options = { prettyErrors: false, logLevel: "error", uniqueKeys: false } as const;
  const document = parseDocument(source, { ...options, lineCounter: lines });
  const mistakes = new Map<number, Mistake>();
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const { line } = lines.linePos(pos[0]);
    const text =
      code === "MULTIPLE_DOCS"
        ? "expected one workflow in the file, found another behind --- or ..."
        : `this is not YAML: ${message}${hintFor(source.split("\n")[line - 1] ?? "", message)}`;
    // further mistakes on the same line follow from the first and say nothing new
    if (!mistakes.has(line)) mistakes.set(line, { line, text });
  }
  if (mistakes.size > 0) throw mistakesError(name, [...mistakes.values()]);

  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  /** the node that an alias stands for: the last earlier one of that name. The library would search all nodes */
  const targetOf = (alias: Alias, line: number): Node => {
    const target = targets.get(alias) ?? anchors.get(alias.source);
    if (!target) throw mistakesError(name, [{ line, text: `unknown name *${alias.source}; &${alias.source} sets it` }]);
    targets.set(alias, target);
    return target;
  };
  let repeated = 0;
  let aliases = 0;
  const read = (node: unknown, before: number, depth: number): YamlNode => {
    const range = (node as Node | null)?.range;
    const line = range ? lines.linePos(range[0]).line : before;
    const tooMuch = (most: string) => mistakesError(name, [{ line, text: `expected at most ${most}, found more` }]);
    if (depth > DEEPEST) throw tooMuch(`${DEEPEST} levels`);
    if (aliases > 0 && ++repeated > MOST_REPEATED) throw tooMuch(`${grouped(MOST_REPEATED)} repeats of values (*)`);
    if (isAlias(node)) {
      aliases++;
      const target = read(targetOf(node, line), line, depth + 1);
      aliases--;
      return { ...target, line };
    }
    if ((isSeq(node) || isMap(node) || isScalar(node)) && node.anchor) anchors.set(node.anchor, node);
    if (isSeq(node)) return { kind: "list", line, entries: node.items.map((item) => read(item, line, depth + 1)) };
    if (isMap(node)) {
      const names = new Set<string>();
      const entries = node.items.map(({ key, value }) => {
        const shownKey = read(key, line, depth + 1);
        if (shownKey.kind !== "text") {
          throw mistakesError(name, [
            { line: shownKey.line, text: `expected a name before the colon, found ${described(shownKey)}${BRACES}` },
          ]);
        }
        if (names.has(shownKey.text)) mistakes.set(shownKey.line, { line: shownKey.line, text: TWICE });
        names.add(shownKey.text);
        return { key: { text: shownKey.text, line: shownKey.line }, value: read(value, shownKey.line, depth + 1) };
      });
      return { kind: "map", line, entries };
    }
    if (!isScalar(node) || node.value === null) return { kind: "nothing", line };
    const text = typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
    return { kind: "text", line, text, isPlain: node.type === "PLAIN" };
  };
  const root = read(document.contents, 1, 0);
  if (mistakes.size > 0) throw mistakesError(name, [...mistakes.values()]);
  return root;
}

const TWICE = "this name is already used above: each step and key is there once";

const BRACES = "; put a text with braces in quotes, or write it below  script: |";

/** The most common reason why a line with a script cannot be read. */
function hintFor(line: string, message: string): string {
  if (/tabs?\b/i.test(message) && line.includes("\t")) return "; indent with blanks";
  if (/:\s*"[^"]*\\/.test(line) || /escape/i.test(message)) {
    return "; in double quotes, YAML reads backslashes: use single quotes, or write the text below  script: |";
  }
  if (/[{}:#&*!|>%@`"']/.test(line.replace(/^\s*[\w-]+:/, ""))) {
    return "; put a text with : # { } or quotes in quotes, or write it below  script: |";
  }
  return "";
}

/** What a message calls a node. */
export function described(node: YamlNode): string {
  switch (node.kind) {
    case "text":
      return shown(node.text);
    case "list":
      return "a list";
    case "map":
      return "a map (names with colons, or braces)";
    case "nothing":
      return "nothing";
    default:
      return node satisfies never;
  }
}

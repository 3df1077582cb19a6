const AWK = /(?:^|\/)(?:awk|gawk|mawk|nawk)$/;
/** Options of awk that take the next word as their value. */
const TAKES_VALUE = /^(?:-[vFfieEl]|--(?:assign|field-separator|file|include|exec|load))$/;
/** Options that name a file with the program: the words are files. */
const IN_FILE = /^(?:-[fE]|--(?:file|exec)(?:=|$))/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A place inside quotes: the words before it, and the text of the script up to it. */
interface QuotedPlace {
  quoting: string;
  words: readonly string[];
  before: string;
}

/**
 * Whether awk would take a word at this place for a variable: inside its program, but outside strings, regular
 * expressions and comments.
 */
export function isBareInAwk(place: QuotedPlace): boolean {
  const program = awkProgram(place);
  return program !== undefined && isCodeAtEnd(program);
}

/** The start of the awk program around a place in quotes, as awk sees it; undefined outside such a program. */
export function awkProgram({ quoting, words, before }: QuotedPlace): string | undefined {
  const at = words.findLastIndex((word) => AWK.test(word));
  if ((quoting !== "single" && quoting !== "double") || at < 0) return undefined;
  const start = quoting === "single" ? before.lastIndexOf("'") : before.search(/(?<!\\)"(?:[^"\\]|\\.)*$/s);
  // a word is the program only if it begins with the quote, unlike -vx='{sample}'
  if (!/^$|\s/.test(before.charAt(start - 1))) return undefined;
  const rest = words.slice(at + 1);
  const isProgram = (word: string, index: number) =>
    IN_FILE.test(word) || (!word.startsWith("-") && !TAKES_VALUE.test(rest[index - 1] ?? ""));
  const hasProgram = rest.some(isProgram);
  if (hasProgram || TAKES_VALUE.test(rest.at(-1) ?? "")) return undefined;
  const program = before.slice(start + 1);
  return quoting === "single" ? program : program.replace(/\\(["\\$`])/g, "$1");
}

/** Whether the start of an awk program ends in code. */
function isCodeAtEnd(program: string): boolean {
  let inside = ""; // the character that opened a string, a regular expression or a comment
  let last = ""; // the last character of code that is not a blank
  for (let at = 0; at < program.length; at++) {
    const character = program.charAt(at);
    if (inside !== "") {
      if (character === "\\" && inside !== "#") at++;
      else if (character === (inside === "#" ? "\n" : inside)) inside = "";
      continue;
    }
    const opensRegex = character === "/" && /^$|[\n(,{};!~&|=]/.test(last);
    if (character === '"' || character === "#" || opensRegex) inside = character;
    if (character === "\n" || character.trim() !== "") last = character;
  }
  return inside === "";
}

/** Whether awk code reads a value as the value itself. */
export function isNumber(value: string): boolean {
  return NUMBER.test(value);
}

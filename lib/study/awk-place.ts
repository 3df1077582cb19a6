const AWK = /(?:^|\/)(?:awk|gawk|mawk|nawk)$/;
/** Options of awk whose value is the next word. */
const TAKES_VALUE = /^(?:-[vFfieEl]|--(?:assign|field-separator|file|include|exec|load))$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A place in quotes: the words before it, and the text of the script up to it. */
interface QuotedPlace {
  quoting: string;
  words: readonly string[];
  before: string;
}

/**
 * Whether awk would take a word there for a variable: in its program, outside strings, regular expressions, comments.
 */
export function isBareInAwk(place: QuotedPlace): boolean {
  const program = awkProgram(place);
  return program !== undefined && isCodeAtEnd(program);
}

/** The beginning of the awk program that a place in quotes is in, as awk sees it; undefined outside such a program. */
export function awkProgram({ quoting, words, before }: QuotedPlace): string | undefined {
  const at = words.findLastIndex((word) => AWK.test(word));
  if ((quoting !== "single" && quoting !== "double") || at < 0) return undefined;
  const start = quoting === "single" ? before.lastIndexOf("'") : before.search(/(?<!\\)"(?:[^"\\]|\\.)*$/s);
  // only a word that begins with the quote is the program, not: -vx='{sample}'
  if (!/^$|\s/.test(before.charAt(start - 1))) return undefined;
  const rest = words.slice(at + 1);
  const hasProgram = rest.some((word, index) => !word.startsWith("-") && !TAKES_VALUE.test(rest[index - 1] ?? ""));
  if (hasProgram || TAKES_VALUE.test(rest.at(-1) ?? "")) return undefined;
  const program = before.slice(start + 1);
  return quoting === "single" ? program : program.replace(/\\(["\\$`])/g, "$1");
}

/** Whether the end of the beginning of an awk program is code. */
function isCodeAtEnd(program: string): boolean {
  let inside = ""; // the character that opened a string, a regular expression or a comment
  let last = ""; // the last character of code that is no blank
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

/** Whether a value means itself in the code of awk. */
export function isNumber(value: string): boolean {
  return NUMBER.test(value);
}

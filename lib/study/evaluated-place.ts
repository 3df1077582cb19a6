/** Where a value stands in a script: the preceding words of its command, and the text of the script on both sides. */
interface PlaceInCommand {
  words: readonly string[];
  before: string;
  after: string;
}

const COMPARES = "-(?:eq|ne|lt|le|gt|ge)";
const COMPARISON = new RegExp(`\\s${COMPARES}\\s+["']?[^\\s"']*$`);
const COMPARISON_NEXT = new RegExp(`^[^\\s"']*["']?\\s+${COMPARES}\\s`);
const NAME_NEXT = /\s-[vR]\s+["']?$/;
const IN_LIST = /\w\+?=\((?:[^()]*\s)?\[[^\]\s]*$/;
const TESTS = /^(?:\[|test)$/;
const DECLARES = /^(?:declare|typeset|local|readonly|export)$/;
/** Builtins whose words are names of variables. */
const TAKES_NAMES = /^(?:unset|read|mapfile|readarray|getopts)$/;

/**
 * What bash evaluates a word as even though it is quoted: `a[$(cmd)]` in that place runs `cmd` (Bash manual, "Shell
 * Arithmetic" and "Arrays"). Undefined where a quoted word is just a word.
 */
export function evaluatedAs({ words, before, after }: PlaceInCommand): string | undefined {
  const has = (pattern: RegExp) => words.some((word) => pattern.test(word));
  // the scanner has no words inside [[ … ]]; `[` and `test` expect integers and evaluate nothing
  const isInBrackets = before.lastIndexOf("[[") > before.lastIndexOf("]]");
  if (isInBrackets && (COMPARISON.test(before) || COMPARISON_NEXT.test(after))) return "an arithmetic expression";
  if ((isInBrackets || has(TESTS) || words.includes("printf")) && NAME_NEXT.test(before)) return NAME;
  const mayAssign = words.length === 0 || has(DECLARES);
  if (mayAssign && /(?:^|[\s;&|(])[A-Za-z_]\w*\[[^\]\s]*$/.test(before)) return "a subscript";
  // in a list: a=([…]=1)
  if (IN_LIST.test(before) && /^[^\]]*\]\+?=/.test(after)) return "a subscript";
  if (before.lastIndexOf("$[") > before.lastIndexOf("]")) return "an arithmetic expression";
  const beginsWord = /\s["']?$/.test(before);
  if ((has(TAKES_NAMES) || has(DECLARES)) && beginsWord) return NAME;
  if (has(DECLARES) && has(/^-\w*i/)) return "an arithmetic expression";
  return undefined;
}

const NAME = "the name of a variable";

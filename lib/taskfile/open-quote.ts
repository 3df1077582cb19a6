import { scanBash } from "./bash-scan.ts";
import { type Problem, shown } from "./problem.ts";
import type { Fields } from "./read-row.ts";

/**
 * Bash reads a script line by line: after one of these it may not read the next line at all, or may read it by other
 * rules.
 */
const CHANGES_READING =
  /\b(?:exit|exec|return|kill|logout|shopt|alias|eval|source|enable|set\s+[-+](?:\w*[nH]|\w*o\s+(?:posix|noexec|histexpand)))\b|(?:^|[\s;&|])\.\s/;
/** Where a quote may be an ordinary character: here-documents, shifts and arithmetic. */
const OTHER_RULES = /(?:^|[^<])<<(?!<)|\(\(|\$\[/;

/** How many characters, starting at the quote, a message shows. */
const SHOWN = 12;

/**
 * The problem of a row whose script has an unclosed quote, which bash would reject before running that line. Skips
 * every script in which bash might not see that quote, so that it never rejects what bash would run.
 */
export function openQuoteProblem({ TaskScript, TaskScripts = [] }: Fields): Problem | undefined {
  if (typeof TaskScript === "string") return problemOf("TaskScript", TaskScript, "");
  if (typeof TaskScripts === "string") return undefined;
  for (const [index, script] of TaskScripts.entries()) {
    const problem = problemOf("TaskScripts", script, ` in entry ${index + 1}`);
    if (problem) return problem;
  }
  return undefined;
}

function problemOf(field: string, script: string, which: string): Problem | undefined {
  if (!mayBeOpen(script)) return undefined;
  if (OTHER_RULES.test(script)) return undefined;
  const { openQuote } = scanBash(script);
  if (openQuote === undefined) return undefined;
  const before = script.slice(0, script.lastIndexOf("\n", openQuote) + 1);
  if (CHANGES_READING.test(before)) return undefined;
  const quote = /^.?(['"`])/.exec(script.slice(openQuote))?.[1] ?? '"';
  // short, so that rows with the same mistake in front of different samples are reported together
  const start = script.slice(openQuote, openQuote + SHOWN) + (script.length > openQuote + SHOWN ? "…" : "");
  return {
    field,
    expected: "a script whose quotes are closed",
    found: `a quote (${quote}) that is not closed, ${shown(start)}${which}`,
    hint: `close it, or write \\${quote} for an ordinary character`,
  };
}

/** Whether some kind of quote occurs an odd number of times: only then is it worth the time to check each word. */
function mayBeOpen(script: string): boolean {
  return isOdd(script, "'") || isOdd(script, '"') || isOdd(script, "`");
}

function isOdd(script: string, quote: string): boolean {
  let odd = false;
  for (let at = script.indexOf(quote); at >= 0; at = script.indexOf(quote, at + 1)) odd = !odd;
  return odd;
}

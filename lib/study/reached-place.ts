/**
 * How a variable that is set from a sheet is evaluated later in the script: `n={depth}; ((n > 3))` runs `cmd` if the
 * sheet says `a[$(cmd)]` (Bash manual, "Shell Arithmetic"). Returns the words for the message, or undefined.
 */
export function evaluatedLater(script: string, before: string): string | undefined {
  const name = ASSIGNED.exec(before.slice(-MOST_BEFORE))?.[1];
  if (name === undefined) return undefined;
  const isAssociative = /\b(?:declare|typeset|local)\s+-\w*A/.test(script);
  const way = WAYS.find(
    ({ what, pattern }) => !(isAssociative && what === SUBSCRIPT) && new RegExp(pattern(name), "s").test(script),
  );
  return way && `$${name}, which is used in ${way.what}`;
}

/** How long a value may be before a place: the pattern is tried from each assignment in it. */
const MOST_BEFORE = 2_000;
/** An assignment whose value contains the place, up to the place. */
const ASSIGNED = /(?:^|[\s;&|(])([A-Za-z_]\w*)\+?=(?:"[^"]*|'[^']*|[^\s;&|"']*)$/;
const COMPARES = "-(?:eq|ne|lt|le|gt|ge)";
const SUBSCRIPT = "a subscript";
/** Where a command begins: `read` is one there, but a word in `tool --read "$x"`. */
const COMMAND = String.raw`(?<=(?:^|[;&|({!\n\x60])\s*|\b(?:if|then|elif|else|while|until|do)\s+|(?:^|[\s;])\w+=\S*\s+)`;
const TAKES_NAMES = `${COMMAND}(?:unset|read|mapfile|readarray)\\s[^;&|<>\\n]*`;
/** `[[ … -v x` and `printf -v x`, but not `grep -v x`. */
const NAME_NEXT = String.raw`(?:\[\s(?:[^;\n\]]*\s)?|${COMMAND}(?:test|printf)\s(?:[^;&|\n]*\s)?)-[vR]\s+"?`;

type Way = (name: string) => string;
const WAYS: readonly { what: string; pattern: Way }[] = [
  {
    what: "an arithmetic expression",
    // not in a regular expression, or in awk: ((a|b)c
    pattern: (name) =>
      String.raw`(?<=^|[\s;&|{!$]|\b(?:if|elif|while|until|for))\(\((?:(?!\)\)).)*\b${name}\b(?=.*\)\))`,
  },
  { what: "an arithmetic expression", pattern: (name) => String.raw`\$\[[^\]]*\b${name}\b` },
  { what: "an arithmetic expression", pattern: (name) => String.raw`${COMMAND}let\s[^;\n]*\b${name}\b` },
  {
    what: "a comparison in [[ … ]], which evaluates it",
    pattern: (name) => String.raw`\[\[(?:(?!\]\]).)*(?:${COMPARES}\s+"?\$?\{?${name}\b|\b${name}\}?"?\s+${COMPARES}\s)`,
  },
  {
    what: "a length or offset",
    pattern: (name) => String.raw`\$\{\w+(?:\[[@*]\])?:(?![-=+?])[^}]*\b${name}\b`,
  },
  {
    what: "a declaration of numbers",
    pattern: (name) => String.raw`\b(?:declare|typeset|local|readonly|export)\s+-\w*i\w*\s[^;\n]*\b${name}\b`,
  },
  { what: SUBSCRIPT, pattern: (name) => String.raw`\$\{[!#]?\w+\[[^\]]*\b${name}\b` },
  // an assignment, not a pattern such as a[$n].txt
  { what: SUBSCRIPT, pattern: (name) => String.raw`(?:^|[\s;])\w+\[[^\]]*\b${name}\b[^\]]*\]\+?=` },
  { what: SUBSCRIPT, pattern: (name) => String.raw`(?:${TAKES_NAMES}|${NAME_NEXT})\b\w+\[[^\]]*\b${name}\b` },
  { what: "the name of a variable", pattern: (name) => String.raw`\$\{!${name}\b|${NAME_NEXT}\$\{?${name}\b` },
  { what: "the name of a variable", pattern: (name) => String.raw`${TAKES_NAMES}\$\{?${name}\b` },
  { what: "code of eval", pattern: (name) => String.raw`(?<![-\w])eval\s[^;\n]*\$\{?${name}\b` },
  { what: "code of a shell", pattern: (name) => String.raw`sh\s+-\w*c\s+"[^"]*\$\{?${name}\b` },
];

/**
 * A shell that reads what the command around a place prints, if that prints its words: `source <(echo {x})`,
 * `echo {x} | bash`. `words` are those of the command before the place.
 */
export function readByShell(words: readonly string[], before: string, after: string): string | undefined {
  if (!/^(?:echo|printf)$/.test(words[0] ?? "")) return undefined;
  const opened = /(?:^|[\s;&|])(source|\.|(?:\S*\/)?(?:ba|da|z|k)?sh)\s+<\([^()]*$/.exec(before)?.[1];
  return opened ?? /^[^\n;|&]*\|\s*((?:\S*\/)?(?:ba|da|z|k)?sh)(?:\s+-[a-z]+)*\s*(?:$|[\n;&|)])/.exec(after)?.[1];
}

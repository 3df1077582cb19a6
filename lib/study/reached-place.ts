/**
 * How a variable that is set from a sheet is evaluated later in the script: `n={depth}; ((n > 3))` runs `cmd` if the
 * sheet says `a[$(cmd)]` (Bash manual, "Shell Arithmetic"). Returns the words for the message, or undefined.
 */
export function evaluatedLater(script: string, before: string): string | undefined {
  const name = ASSIGNED.exec(before.slice(-MOST_BEFORE))?.[1];
  if (name === undefined) return undefined;
  const isAssociative = /\b(?:declare|typeset|local)\s+-\w*A/.test(script);
  const way = WAYS.find(({ what, pattern }) => !(isAssociative && what === SUBSCRIPT) && pattern(name).test(script));
  return way && `$${name}, which is used in ${way.what}`;
}

/** How long a value may be before a place: the pattern is tried from each assignment in it. */
const MOST_BEFORE = 2_000;
/** An assignment whose value contains the place, up to the place. */
const ASSIGNED = /(?:^|[\s;&|(])([A-Za-z_]\w*)\+?=(?:"[^"]*|'[^']*|[^\s;&|"']*)$/;
const COMPARES = "-(?:eq|ne|lt|le|gt|ge)";
const SUBSCRIPT = "a subscript";

const WAYS: readonly { what: string; pattern: (name: string) => RegExp }[] = [
  { what: "an arithmetic expression", pattern: (name) => new RegExp(`\\(\\((?:(?!\\)\\)).)*\\b${name}\\b`, "s") },
  { what: "an arithmetic expression", pattern: (name) => new RegExp(`\\$\\[[^\\]]*\\b${name}\\b`) },
  { what: "an arithmetic expression", pattern: (name) => new RegExp(`\\blet\\s[^;\\n]*\\b${name}\\b`) },
  {
    what: "a comparison in [[ … ]], which evaluates it",
    pattern: (name) =>
      new RegExp(
        `\\[\\[(?:(?!\\]\\]).)*(?:${COMPARES}\\s+"?\\$?\\{?${name}\\b|\\b${name}\\}?"?\\s+${COMPARES}\\s)`,
        "s",
      ),
  },
  {
    what: "a length or offset",
    pattern: (name) => new RegExp(`\\$\\{\\w+(?:\\[[@*]\\])?:(?![-=+?])[^}]*\\b${name}\\b`),
  },
  {
    what: "a declaration of numbers",
    pattern: (name) => new RegExp(`\\b(?:declare|typeset|local|readonly|export)\\s+-\\w*i\\w*\\s[^;\\n]*\\b${name}\\b`),
  },
  { what: SUBSCRIPT, pattern: (name) => new RegExp(`(?:\\$\\{[!#]?\\w+|(?:^|[\\s;])\\w+)\\[[^\\]]*\\b${name}\\b`) },
  {
    what: "the name of a variable",
    pattern: (name) => new RegExp(`\\$\\{!${name}\\b|\\s-[vR]\\s+"?\\$\\{?${name}\\b`),
  },
  {
    what: "the name of a variable",
    pattern: (name) => new RegExp(`\\b(?:unset|read|mapfile|readarray)\\s[^;\\n|<>]*\\$\\{?${name}\\b`),
  },
  { what: "code of eval", pattern: (name) => new RegExp(`\\beval\\s[^;\\n]*\\$\\{?${name}\\b`) },
  { what: "code of a shell", pattern: (name) => new RegExp(`sh\\s+-\\w*c\\s+"[^"]*\\$\\{?${name}\\b`) },
];

/** A shell that reads what the command around a place prints: `source <(echo {x})`, `echo {x} | bash`. */
export function readByShell(before: string, after: string): string | undefined {
  const opened = /(?:^|[\s;&|])(source|\.|(?:\S*\/)?(?:ba|da|z|k)?sh)\s+<\([^()]*$/.exec(before)?.[1];
  return opened ?? /^[^\n;|&]*\|\s*((?:\S*\/)?(?:ba|da|z|k)?sh)(?:\s+-[a-z]+)*\s*(?:$|[\n;&|)])/.exec(after)?.[1];
}

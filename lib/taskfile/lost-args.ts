import type { BashScan } from "./bash-scan.ts";

/** The end of a script at which one of the added `args` would be lost, or taken for something else. */
export function endOf(
  script: string,
  { badEnd, split, command = "", lastWords, isPiped }: BashScan,
  args: readonly string[],
): string | undefined {
  if (badEnd !== undefined) return badEnd;
  if (isUnusedByCode(lastWords)) return `the code of ${command}, which does not use the argument`;
  const isFunction = new RegExp(
    `(?:^|[\\s;&|(){}])(?:function\\s+${literal(command)}\\b|${literal(command)}\\s*\\(\\s*\\))`,
  );
  if (command !== "" && isFunction.test(script) && !USES_ARGUMENTS.test(script)) {
    return `the function "${command}", which uses no arguments`;
  }
  // a command by itself is meant
  if (split === undefined) return undefined;
  if (TAKES_NONE.has(command)) return `"${command}", which takes no argument`;
  // as in: call.sh && echo done
  const words = lastWords.length;
  // printf '%s\n' prints its arguments on purpose
  const isPrintf = command === "printf" && (words > 2 || (words === 2 && !lastWords[1]?.includes("%")));
  const isMessage = isPrintf || ((command === "echo" || command === "logger") && words > 1);
  if (isMessage) return `"${command}" behind another command, which would print the argument`;
  if (TAKES_FILES.has(command) && words > 1)
    return `"${command}" behind another command, which would take the argument for a file`;
  return isPiped && isFilter(lastWords) && !args.every((arg) => isNoFile(arg, command))
    ? `"${command}" behind a pipe, which would take the argument for a file`
    : undefined;
}

/** `for x; do` is a loop over the arguments, too. */
const USES_ARGUMENTS = /\$\{?[#*@1-9]|\b(?:shift|getopts)\b|\b(?:for|select)\s+\w+\s*(?:;|\bdo\b)/;

/** Options, such as the `-9` of gzip, and the assignments of awk: the filter still reads the pipe. */
function isNoFile(arg: string, command: string): boolean {
  return /^\s*-./.test(arg) || (/awk$/.test(command) && /^\s*[A-Za-z_]\w*=/.test(arg));
}

/** Commands that ignore an argument or misinterpret it: `call || true`, `call & wait`, `exit 0`. */
const TAKES_NONE = new Set(
  ": true false exit return wait set shift break continue trap times export unset alias fg bg jobs popd pwd umask ulimit readonly date sync sleep kill".split(
    " ",
  ),
);
/** Commands about files, as in `call && rm tmp.bam`: they would take the argument for one more file. */
const TAKES_FILES = new Set("rm rmdir touch mkdir . source".split(" "));

/** Commands that would read, write or compress a file of that name instead of the data from the pipe. */
const FILTERS = new Set(
  "sort uniq wc cat tac rev nl head tail cut paste column fold fmt less more gzip gunzip zcat pigz bgzip bzip2 xz zstd md5sum sha1sum sha256sum".split(
    " ",
  ),
);
/** Filters whose first word is a pattern or program; the word after it is a file. */
const PROGRAMMED = new Set("grep egrep fgrep zgrep sed awk gawk mawk jq".split(" "));
/** Letters of options whose value is the next word. */
const WITH_VALUE: Readonly<Record<string, string>> = {
  head: "nc",
  tail: "nc",
  cut: "bcdf",
  sort: "kotST",
  uniq: "fsw",
  paste: "d",
  fold: "w",
  fmt: "w",
  column: "cos",
  pigz: "bp",
  bgzip: "@l",
  xz: "T",
  grep: "efmABC",
  egrep: "efmABC",
  fgrep: "efmABC",
  zgrep: "efmABC",
  sed: "ef",
  awk: "fFv",
  gawk: "fFv",
  mawk: "fFv",
};
/** The same by name. */
const NAMED_WITH_VALUE =
  /^--(?:lines|bytes|characters|fields|(?:output-)?delimiter|delimiters|field-separator|key|output|buffer-size|parallel|temporary-directory|skip-(?:fields|chars)|check-chars|width|max-count|(?:after-|before-)?context|regexp|expression|file|assign|processes|threads)$/;
/** Options that bring the pattern or program, so that the first word is a file. */
const PROGRAM_OPTION = /^(?:-\w*[ef]|--(?:regexp|expression|file)(?:=.*)?)$/;

/**
 * `| sort`, `| tee log`; not `| head -n`, `| grep`, `| tee`, which lack a word that may be intended, nor `| paste -`,
 * which reads the pipe whatever follows.
 */
function isFilter(words: readonly string[]): boolean {
  const [command = "", ...rest] = words.map((word) => word.replace(/^.*\//, ""));
  const takesNext = (word = "") => {
    const [, letter] = /^-\w*([\w@])$/.exec(word) ?? [];
    return letter === undefined ? NAMED_WITH_VALUE.test(word) : (WITH_VALUE[command] ?? "").includes(letter);
  };
  if (takesNext(rest.at(-1))) return false;
  const isNamed = rest.some((word, at) => !word.startsWith("-") && !takesNext(rest[at - 1]));
  if (command === "tee") return isNamed;
  if (rest.includes("-") || words.includes("/dev/stdin")) return false;
  if (!PROGRAMMED.has(command)) return FILTERS.has(command);
  // the -e of jq is another one
  return isNamed || (command !== "jq" && rest.some((word) => PROGRAM_OPTION.test(word)));
}

const SHELL = /(?:^|\/)(?:ba|da|z|k|a)?sh$/;

/** `bash -c 'call'`: the next word is `$0` there. `bash -c 'call' _`: it is `$1`, which the code does not use. */
function isUnusedByCode(words: readonly string[]): boolean {
  const at = codeAt(words);
  const code = at === undefined ? undefined : words[at];
  if (at === undefined || code === undefined) return false;
  return words.length === at + 1 ? !/\$\{?[0@*#]/.test(code) : !/\$\{?[#@*1-9A-Za-z_]/.test(code);
}

/** Which word is the code of a shell. In `bash run.sh -c x` the option is that of the script. */
function codeAt(words: readonly string[]): number | undefined {
  const shell = words.findIndex((word) => SHELL.test(word));
  if (shell < 0) return undefined;
  let hasCode = false;
  let at = shell + 1;
  for (; /^[-+]./.test(words[at] ?? ""); at++) {
    const option = words[at] ?? "";
    if (/^-\w*c/.test(option)) hasCode = true;
    // the name of what they set follows
    if (/^(?:[-+]\w*[oO]|--(?:rcfile|init-file))$/.test(option)) at++;
  }
  return hasCode ? at : undefined;
}

/**
 * Whether every use of `$TASK_ARG` is a word that bash leaves unchanged: `'$TASK_ARG'`, `'$TASK_ARG.bam'`,
 * `\\$TASK_ARG`.
 */
export function isLiteralVariable(script: string): boolean {
  const uses = script.match(/TASK_ARG\b/g)?.length ?? 0;
  const literals =
    script.match(/(?<=\s)(?:'[^\s'"$]*\$\{?TASK_ARG\}?[^\s'"$]*'|\\\$\{?TASK_ARG\}?)(?=$|[\s;&|>)])/g)?.length ?? 0;
  if (uses === 0 || uses > literals) return false;
  // these parse their words a second time
  return !/"[^"]*'[^"]*TASK_ARG|<<|\b(?:eval|trap|\w*sh|xargs|parallel|envsubst|env|srun|ssh)\s/.test(script);
}

function literal(text: string): string {
  return text.replace(/[^\w]/g, "\\$&");
}

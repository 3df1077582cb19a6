import type { BashScan } from "./bash-scan.ts";

/** The end of a script at which an added argument would be lost, or taken for something else. */
export function endOf(
  script: string,
  { badEnd, split, command = "", lastWords, isPiped }: BashScan,
): string | undefined {
  if (badEnd !== undefined) return badEnd;
  if (isUnusedByCode(lastWords)) return `the code of ${command}, which does not use the argument`;
  const isFunction = new RegExp(
    `(?:^|[\\s;&|(){}])(?:function\\s+${literal(command)}\\b|${literal(command)}\\s*\\(\\s*\\))`,
  );
  if (command !== "" && isFunction.test(script) && !/\$\{?[#*@1-9]|\bshift\b|\bgetopts\b/.test(script)) {
    return `the function "${command}", which uses no arguments`;
  }
  // a command by itself is meant
  if (split === undefined) return undefined;
  if (TAKES_NONE.has(command)) return `"${command}", which takes no argument`;
  // as in: call.sh && echo done
  const words = lastWords.length;
  const isMessage = (command === "echo" && words > 1) || (command === "printf" && words > 2);
  if (isMessage) return `"${command}" behind another command, which would print the argument`;
  return isPiped && isFilter(lastWords)
    ? `"${command}" behind a pipe, which would take the argument for a file`
    : undefined;
}

/** Commands that ignore an argument or misinterpret it: `call || true`, `call & wait`, `exit 0`. */
const TAKES_NONE = new Set(
  ": true false exit return wait set shift break continue trap times export unset alias fg bg jobs popd".split(" "),
);

/** Commands that would read, write or compress a file of that name instead of the data from the pipe. */
const FILTERS = new Set(
  "sort uniq wc cat tac rev nl head tail cut paste column fold fmt less more gzip gunzip zcat pigz bgzip bzip2 xz zstd md5sum sha1sum sha256sum".split(
    " ",
  ),
);
/** Filters whose first word is a pattern or program; the word after it is a file. */
const PROGRAMMED = new Set("grep egrep fgrep zgrep sed awk gawk mawk jq".split(" "));
/** Options whose value is the next word. */
const WITH_VALUE: Readonly<Record<string, string>> = {
  ...{
    head: "nc",
    tail: "nc",
    cut: "bcdf",
    sort: "kotST",
    uniq: "fsw",
    paste: "d",
    fold: "w",
    fmt: "w",
    column: "cost",
  },
  ...{
    grep: "efmABC",
    egrep: "efmABC",
    fgrep: "efmABC",
    zgrep: "efmABC",
    sed: "ef",
    awk: "fFv",
    gawk: "fFv",
    mawk: "fFv",
  },
};

/** `| sort`, `| tee log`; not `| head -n`, `| grep`, `| tee`, which lack a word that may be intended. */
function isFilter(words: readonly string[]): boolean {
  const [command = "", ...rest] = words.map((word) => word.replace(/^.*\//, ""));
  const hasWord = rest.some((word) => !word.startsWith("-"));
  if (command === "tee") return hasWord;
  const [, option = ""] = /^-\w*(\w)$/.exec(rest.at(-1) ?? "") ?? [];
  if (option !== "" && WITH_VALUE[command]?.includes(option)) return false;
  return FILTERS.has(command) || (PROGRAMMED.has(command) && hasWord);
}

const SHELL = /(?:^|\/)(?:ba|da|z|k|a)?sh$/;

/** `bash -c 'call'`: the next word is `$0` there. `bash -c 'call' _`: it is `$1`, which the code does not use. */
function isUnusedByCode(words: readonly string[]): boolean {
  const at = words.findIndex((word) => SHELL.test(word));
  const option = words.findIndex((word, index) => index > at && /^-\w*c$/.test(word));
  const code = words[option + 1];
  if (at < 0 || option < 0 || code === undefined) return false;
  return words.length === option + 2 ? !/\$\{?[0@*#]/.test(code) : !/\$\{?[#@*1-9A-Za-z_]/.test(code);
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

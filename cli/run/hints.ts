import type { FailedDetail } from "../../lib/progress/list-failed.ts";

const NO_FILE = /no such file or directory/i;
/** The path is a full one, which includes paths that begin with $PYANAMO. */
const NO_FULL_PATH = /(?:^|[\s:'"‘“([])\/[^:]*: no such file or directory/i;
const NO_COMMAND = /command not found/;
const NO_RIGHT = /permission denied/i;

/** What exit codes mean that tell nothing by themselves; 128 and more are signals. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [124, "the command timeout ends with it when the time is up."],
  [132, "the program uses instructions that this processor does not have (SIGILL): it was built for another one."],
  [134, "the program gave up after an error of its own (SIGABRT): its last lines say why."],
  [135, "the program crashed (SIGBUS): often a file that shrank while it was read, or a full disk."],
  [136, "the program crashed in a calculation (SIGFPE)."],
  [137, "the program was killed (SIGKILL), often because memory ran out: run fewer at once (-i), or give it more."],
  [139, "the program crashed (SIGSEGV): an error in it, a damaged input, or too little memory."],
  [143, "something else than anamo asked the program to end (SIGTERM)."],
]);
const UNSET = /: (\w+): unbound variable/;
const NO_SPACE = /no space left on device/i;

/**
 * What a person should know about the most common failures; each hint comes once. `pipeline`: the folder that scripts
 * know as PYANAMO.
 */
export function hintsOn(
  failed: readonly Pick<FailedDetail, "cause" | "exitCode" | "logTail">[],
  pipeline: string,
): string[] {
  const noCommand = failed.some(({ logTail }) => NO_COMMAND.test(logTail));
  const noFiles = failed.flatMap(({ logTail }) => logTail.split("\n").filter((line) => NO_FILE.test(line)));
  // bash begins with its own full path: "/usr/bin/bash: line 1: S1.fq: No such file or directory"
  const isFull = (line: string) => NO_FULL_PATH.test(line.replace(/^\/\S*: line \d+: /, ""));
  const noFile = noFiles.some((line) => !isFull(line));
  const notExecutable = failed.some(({ exitCode, logTail }) => exitCode === 126 && NO_RIGHT.test(logTail));
  const unset = failed.map(({ logTail }) => UNSET.exec(logTail)?.[1]).find((name) => name !== undefined);
  const noSpace = failed.some(({ logTail }) => NO_SPACE.test(logTail));
  const codes = failed.filter(({ cause }) => cause === "exit" || cause === "signal").map(({ exitCode }) => exitCode);
  return [
    ...(noCommand ? [`"command not found": commands are looked for on PATH and in ${pipeline} (--pipeline).`] : []),
    ...(noFile
      ? [
          `"No such file": each script runs in an empty folder; name files by full paths or $PYANAMO/…, here ${pipeline}.`,
        ]
      : []),
    ...(noFiles.length > 0 && !noFile ? ['"No such file": check the name, its path is a full one.'] : []),
    ...(notExecutable ? ['"Permission denied": make the script executable with "chmod +x SCRIPT".'] : []),
    ...(unset === undefined
      ? []
      : [`"unbound variable": a variable without a value is an error; where it may be empty, write \${${unset}:-}.`]),
    ...(noSpace
      ? ['"No space left": the disk was full; "df -h" shows which one, "df -i" if it is files that ran out.']
      : []),
    ...[...MEANINGS].filter(([code]) => codes.includes(code)).map(([code, meaning]) => `Exit code ${code}: ${meaning}`),
  ];
}

import type { FailedDetail } from "../../lib/progress/list-failed.ts";

const NO_FILE = /no such file or directory/i;
/** The path is a full one, which includes paths that begin with $PYANAMO. */
const NO_FULL_PATH = /(?:^|[\s:'"‘“([])\/[^:]*: no such file or directory/i;
const NO_COMMAND = /command not found/;
const NO_RIGHT = /permission denied/i;

/**
 * What a person should know about the most common failures; each hint comes once. `pipeline`: the folder that scripts
 * know as PYANAMO.
 */
export function hintsOn(failed: readonly Pick<FailedDetail, "exitCode" | "logTail">[], pipeline: string): string[] {
  const noCommand = failed.some(({ logTail }) => NO_COMMAND.test(logTail));
  const noFiles = failed.flatMap(({ logTail }) => logTail.split("\n").filter((line) => NO_FILE.test(line)));
  // bash begins with its own full path: "/usr/bin/bash: line 1: S1.fq: No such file or directory"
  const isFull = (line: string) => NO_FULL_PATH.test(line.replace(/^\/\S*: line \d+: /, ""));
  const noFile = noFiles.some((line) => !isFull(line));
  const notExecutable = failed.some(({ exitCode, logTail }) => exitCode === 126 && NO_RIGHT.test(logTail));
  return [
    ...(noCommand ? [`"command not found": commands are looked for on PATH and in ${pipeline} (--pipeline).`] : []),
    ...(noFile
      ? [
          `"No such file": each script runs in an empty folder; name files by full paths or $PYANAMO/…, here ${pipeline}.`,
        ]
      : []),
    ...(noFiles.length > 0 && !noFile ? ['"No such file": check the name, its path is a full one.'] : []),
    ...(notExecutable ? ['"Permission denied": make the script executable with "chmod +x SCRIPT".'] : []),
  ];
}

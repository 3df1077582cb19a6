import type { FailedDetail } from "../../lib/progress/list-failed.ts";

const NO_FILE = /no such file or directory/i;
const NO_COMMAND = /command not found/;
const NO_RIGHT = /permission denied/i;

/**
 * What a person should know about the most common failures; each hint comes once. `pipeline`: the folder that scripts
 * know as PYANAMO.
 */
export function hintsOn(failed: readonly Pick<FailedDetail, "exitCode" | "logTail">[], pipeline: string): string[] {
  const noCommand = failed.some(({ logTail }) => NO_COMMAND.test(logTail));
  const noFile = failed.some(({ logTail }) => NO_FILE.test(logTail));
  const notExecutable = failed.some(({ exitCode, logTail }) => exitCode === 126 && NO_RIGHT.test(logTail));
  return [
    ...(noCommand ? [`"command not found": commands are looked for on PATH and in ${pipeline} (--pipeline).`] : []),
    ...(noFile
      ? [
          `"No such file": each script runs in an empty folder; name files by full paths or $PYANAMO/…, here ${pipeline}.`,
        ]
      : []),
    ...(notExecutable ? ['"Permission denied": make the script executable with "chmod +x SCRIPT".'] : []),
  ];
}

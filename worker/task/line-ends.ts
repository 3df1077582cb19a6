const CR_LF =
  /\^M: bad interpreter|\r: bad interpreter|\$'\\r'|[\\?]r['’"]?: (?:No such file|command not found)|['‘"]\w+\r['’"]/;
const NO_INTERPRETER = /cannot execute: required file not found/;
/** The sed of macOS does not know `\r`. */
const FIX = process.platform === "darwin" ? "perl -pi -e 's/\\r$//' FILE" : "sed -i 's/\\r$//' FILE";

/**
 * What a failed script's stderr says about a script of the pipeline that was saved on Windows; undefined if nothing.
 */
export function lineEndsHint(stderr: string): string | undefined {
  if (CR_LF.test(stderr)) return `a script has Windows line ends (CR LF), which bash cannot run: convert it (${FIX})`;
  if (NO_INTERPRETER.test(stderr)) {
    return `the interpreter in the first line of a script was not found; if the script has Windows line ends (CR LF), convert it (${FIX})`;
  }
  return undefined;
}

import type { Log, Outcome } from "../../lib/items/item.ts";

/** The last thing that programs print when they get no more memory. */
const SIGNS: readonly RegExp[] = [
  // Python, NumPy
  /^(?:\w+\.)*\w*MemoryError(?::.*)?$/,
  // R
  /cannot allocate (?:memory block|vector) of size/i,
  // Java, Scala, Groovy
  /java\.lang\.OutOfMemoryError/,
  // C++
  /std::bad_alloc/,
  // Rust
  /^memory allocation of \d+ bytes failed/,
  // the C library: fork, mmap, malloc
  /cannot allocate memory/i,
  // Perl, Node.js, Go, git, samtools
  /\bout of memory\b/i,
  // bash, about a process that SIGKILL ended: usually by the kernel, for lack of memory
  /^(?:.*: line \d+: +\d+ )?Killed\b/,
];

/** Graphics cards have their own memory. */
const ELSEWHERE = /\b(?:CUDA|GPU|HIP)\b/i;

/** How many lines at the end of a log count, not including stack frames. */
const LINES = 4;
const FRAME = /^\s+(?:at |\.\.\. \d+ more)/;
const SHOWN = 100;

/**
 * Says if the end of a failed task's log looks like a lack of memory; undefined if it does not, or if that is already
 * known. It is a guess: the cause of the failure stays what it is.
 */
export function memoryHint(
  { cause }: Pick<Outcome, "cause">,
  log: Pick<Log, "stdout" | "stderr"> | undefined,
): string | undefined {
  if (!log || (cause !== "exit" && cause !== "signal")) return undefined;
  const lines = [log.stderr, log.stdout].flatMap(lastLines);
  const sign = lines.find((line) => SIGNS.some((pattern) => pattern.test(line)) && !ELSEWHERE.test(line));
  return sign === undefined ? undefined : `looks like out of memory: ${shown(sign)}`;
}

/** The last lines of an output, starting with the last one. */
function lastLines(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !FRAME.test(line));
  return lines
    .slice(-LINES)
    .map((line) => line.trim())
    .reverse();
}

function shown(line: string): string {
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

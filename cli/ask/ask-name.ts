import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { UsageError } from "../../lib/errors.ts";

/** Where to ask: the terminal, except in tests. */
export interface Terminal {
  input: Readable & { isTTY?: boolean };
  output: Writable;
}

/**
 * Asks a person to type a name before something is deleted for good; false for any other answer and for Ctrl-D. Without
 * a terminal it throws a UsageError that says how to proceed without being asked.
 */
export async function askForName(
  warning: string,
  name: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (!input.isTTY)
    throw new UsageError(`${warning} There is no terminal to ask on: give --yes to do it without asking.`);
  const terminal = createInterface({ input, output });
  const stop = new AbortController();
  terminal.once("close", () => stop.abort());
  try {
    const answer = await terminal.question(`${warning}\nType its name to continue: `, { signal: stop.signal });
    return answer.trim() === name;
  } catch (error) {
    if (stop.signal.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}

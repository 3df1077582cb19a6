import { createInterface } from "node:readline/promises";

/** Where to ask: the terminal, except in tests. */
export interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/** Asks a person; anything but a yes counts as no, including Ctrl-D and Ctrl-C. */
export async function askYes(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const terminal = createInterface({ input, output });
  const stop = new AbortController();
  terminal.once("close", () => stop.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: stop.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (stop.signal.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}

import { isQuiet, type PrintFlags } from "../flags/print-flags.ts";

/** Prints what a command has done. With `--quiet`, prints text only if `exitCode` says that something is wrong. */
export function printDone(flags: PrintFlags, value: unknown, text: () => string, exitCode = 0): void {
  if (exitCode !== 0 || !isQuiet(flags)) print(flags.json, value, text);
}

/** Prints a result: as one JSON document if `json` is set, otherwise as text. */
export function print(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
}

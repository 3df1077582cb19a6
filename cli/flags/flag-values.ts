import { InvalidArgumentError } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { parseDelimiter } from "../../lib/taskfile/delimiters.ts";

/** Reads an option's value as a whole number of at least 1. */
export function wholeNumber(value: string): number {
  const parsed = Number(value);
  if (/^\d{1,15}$/.test(value) && parsed >= 1) return parsed;
  throw new InvalidArgumentError("Expected a whole number, 1 or more.");
}

/** Reads an option's value as a number of seconds, and returns milliseconds. */
export function secondsToMs(value: string): number {
  const ms = Number(value) * 1_000;
  // timers of more than 2^31 ms fire at once
  if (value.trim() !== "" && ms > 0 && ms < 2 ** 31) return ms;
  throw new InvalidArgumentError("Expected a number of seconds, more than 0.");
}

/** Turns a UsageError of `parse` into the error with which commander names the option. */
export function checkedBy<T>(parse: (value: string) => T): (value: string) => T {
  return (value) => {
    try {
      return parse(value);
    } catch (error) {
      if (error instanceof UsageError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** Checks an option's value as a delimiter but leaves it as written, because the import function parses it again. */
export function delimiterText(name: "delimiter" | "nested-delimiter"): (value: string) => string {
  return checkedBy((value) => {
    parseDelimiter(name, value);
    return value;
  });
}

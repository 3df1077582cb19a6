import { AnamoError } from "../errors.ts";
import { shellWords } from "../shell-words.ts";

/** An input of an item is missing, incomplete, or cannot be fetched: its scripts must not start. */
export class InputError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("input", message, options);
  }
}

/** What makes a predecessor's results again, with all that follows. */
export function redoHint(itemId: string): string {
  return `make it again: ${shellWords(["anamo", "reset", itemId, "--following"])}`;
}

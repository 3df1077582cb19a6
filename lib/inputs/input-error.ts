import { AnamoError } from "../errors.ts";
import { isoDate } from "../iso-date.ts";
import { shellWords } from "../shell-words.ts";

/** An input of an item is missing, incomplete, or cannot be fetched: its scripts must not start. */
export class InputError extends AnamoError {
  /** whether another attempt would fail in the same way until a person has done something */
  readonly isFinal: boolean = false;

  constructor(message: string, options?: ErrorOptions) {
    super("input", message, options);
  }
}

/** The command that makes a predecessor's results again, with everything that follows. */
export function redoHint(itemId: string): string {
  return `make it again: ${shellWords(["anamo", "reset", itemId, "--following"])}`;
}

/** The results of a predecessor were removed because nothing needed them any more. */
export class RemovedError extends InputError {
  override readonly isFinal = true;

  constructor(folder: string, { itemId, follower, atMs }: { itemId: string; follower: string; atMs: number }) {
    const why = "all that followed was done, and its step keeps results until then";
    const fix = `make them again, then this item: ${shellWords(["anamo", "reset", follower, "--preceding"])}`;
    super(`inputs/${folder}: the results of ${itemId} were removed at ${isoDate(atMs)}: ${why}; ${fix}`);
  }
}

import { isInvisible } from "../ids.ts";

const SPACE = 32;
/** Programs for DOS end a file with it. */
const CTRL_Z = 26;
const QUOTE = 34;
const HASH = 35;

/**
 * Whether the first character of a record is a `#`, ignoring blanks and invisible characters, such as a byte-order
 * mark. A quote before it is ignored too: a spreadsheet quotes the note `# one, two`. JSON Lines has no quotes there,
 * and follows the same rule.
 */
export function isComment(bytes: Uint8Array): boolean {
  let at = afterBlanks(bytes, 0);
  if (bytes[at] === QUOTE) at = afterBlanks(bytes, at + 1);
  return bytes[at] === HASH;
}

/** The index of the first byte that is not part of a blank or an invisible character (UTF-8). */
export function afterBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at] as number;
    if (byte === SPACE || byte === CTRL_Z || (byte >= 9 && byte <= 13)) at++;
    else {
      const length = byte >= 0xc2 && byte < 0xf0 ? invisibleAt(bytes, at, byte < 0xe0 ? 2 : 3) : 0;
      if (length === 0) return at;
      at += length;
    }
  }
}

/** The length of the invisible character of `length` bytes at an index; 0 if there is a different character. */
function invisibleAt(bytes: Uint8Array, at: number, length: 2 | 3): number {
  return isInvisible(Buffer.from(bytes.subarray(at, at + length)).toString("utf8")) ? length : 0;
}

const SPACE = 32;
const QUOTE = 34;
const HASH = 35;

/**
 * Whether the first character of a record is a `#`, after blanks and a byte-order mark. A quote before it does not
 * count: a spreadsheet quotes the note `# one, two`. JSON Lines has no quotes there, and takes the same rule.
 */
export function isComment(bytes: Uint8Array): boolean {
  let at = afterBlanks(bytes, 0);
  if (bytes[at] === QUOTE) at = afterBlanks(bytes, at + 1);
  return bytes[at] === HASH;
}

/** The index of the first byte that is not a blank: space, tab, CR, no-break space (C2 A0), BOM (EF BB BF). */
function afterBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at] as number;
    if (byte === SPACE || (byte >= 9 && byte <= 13)) at++;
    else if (byte === 0xc2 && bytes[at + 1] === 0xa0) at += 2;
    else if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    else return at;
  }
}

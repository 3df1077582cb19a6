/** Anything but printable ASCII: most ids and scripts have none, and need no further check. */
const NOT_ASCII = /[^\x20-\x7e]/;
/** Blanks that look like a space, and letters that are invisible. */
const OTHER_BLANK = /[\u00a0\u115f\u1160\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164]/;
/** A typographic quote or dash at the start of a word, or a blank that bash takes for a letter. */
const TYPOGRAPHIC = /(?:^|[\s=(])[\u2018\u201a\u201c\u201e\u2013\u2014]|[\u00a0\u2000-\u200a\u202f\u3000]/;

/**
 * Whether an id may look the same as a different one: it contains a no-break space, or letters composed of two
 * characters, as in file names on a Mac (`e` and an accent for `é`).
 */
export function isLookalike(id: string): boolean {
  return NOT_ASCII.test(id) && (OTHER_BLANK.test(id) || id.normalize("NFC") !== id);
}

/** Whether a word processor or a web page seems to have replaced quotes, dashes or spaces in a script. */
export function isTypographic(script: string): boolean {
  return NOT_ASCII.test(script) && TYPOGRAPHIC.test(script);
}

/** Not printable ASCII: most ids and scripts have none, and need no further look. */
const NOT_ASCII = /[^\x20-\x7e]/;
/** Blanks that look like a space, and letters that look like nothing. */
const OTHER_BLANK = /[\u00a0\u115f\u1160\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164]/;
/** A typographic quote or dash where a word begins, or a blank that bash takes for a letter. */
const TYPOGRAPHIC = /(?:^|[\s=(])[\u2018\u201a\u201c\u201e\u2013\u2014]|[\u00a0\u2000-\u200a\u202f\u3000]/;

/**
 * Whether an id may look the same as another one: it has a no-break space inside, or letters composed of two
 * characters, as names of files have them on a Mac (`e` and an accent for `é`).
 */
export function isLookalike(id: string): boolean {
  return NOT_ASCII.test(id) && (OTHER_BLANK.test(id) || id.normalize("NFC") !== id);
}

/** Whether a word processor or a web page seems to have replaced quotes, dashes or spaces in a script. */
export function isTypographic(script: string): boolean {
  return NOT_ASCII.test(script) && TYPOGRAPHIC.test(script);
}

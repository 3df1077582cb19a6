/** Anything but printable ASCII: most ids and scripts have none, and need no further check. */
const NOT_ASCII = /[^\x20-\x7e]/;
/** Blanks that look like a space, and letters that are invisible. */
const OTHER_BLANK = /[\u00a0\u115f\u1160\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164]/;
/** Unusual hyphens, wide letters, and marks that select the form of a letter (but not of the emoji of a digit). */
const OTHER_FORM = /[\u2010-\u2013\u2212\uff01-\uff5e]|[\x20-\x7e][\ufe00-\ufe0f](?!\u20e3)/;
const LATIN = /[A-Za-z]/;
/** A Cyrillic letter in a Latin word, or a word of Cyrillic letters that all look like Latin ones. */
const CYRILLIC =
  /[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]|(?<![\u0400-\u04ff])[\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0423\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458]+(?![\u0400-\u04ff])/;
/**
 * A typographic quote, accent or dash at the start of a word; a wide form of an ASCII character; or a blank, a line end
 * of another system, an invisible or control character, or the mark of a lost one (U+FFFD). Bash takes all of them for
 * letters.
 */
const TYPOGRAPHIC =
  /(?:^|[\s=(])[\u00b4\u2018\u201a\u201c\u201e\u2010-\u2014\u2032\u2033\u2212]|(?![\t\n\r])\p{Cc}|[\u00a0\u00ad\u2000-\u200b\u200e\u200f\u2028-\u202f\u2060\u2066-\u2069\u3000\ufeff\uff01-\uff5e\ufffd]/u;

/**
 * Whether an id may look the same as a different one: it contains a no-break space, another hyphen, wide letters,
 * Cyrillic in place of Latin letters (not a Russian word beside `S1`), or letters composed of two characters, as in
 * file names on a Mac (`e` and an accent for `é`).
 */
export function isLookalike(id: string): boolean {
  return NOT_ASCII.test(id) && (OTHER_BLANK.test(id) || OTHER_FORM.test(id) || mixes(id) || id.normalize("NFC") !== id);
}

function mixes(id: string): boolean {
  return LATIN.test(id) && CYRILLIC.test(id);
}

/** Whether a word processor or a web page seems to have replaced quotes, dashes or spaces in a script. */
export function isTypographic(script: string): boolean {
  return NOT_ASCII.test(script) && TYPOGRAPHIC.test(script);
}

/** Whether an id or a value of a sheet is in quotes that no spreadsheet writes: they are part of it. */
export function isOddlyQuoted(value: string): boolean {
  const first = value.charCodeAt(0);
  return (first === 39 || first > 126) && /^['\u2018-\u201f\u00ab].*['\u2018-\u201f\u00bb]$/s.test(value);
}

/** Whether a script ends in `&`: nothing waits for what it has started, which is killed when the script ends. */
export function endsInBackground(script: string): boolean {
  const end = script.trimEnd();
  return end.endsWith("&") && !/(?:[&>|<]|\\)&$/.test(end);
}

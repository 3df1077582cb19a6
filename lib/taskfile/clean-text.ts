/** Blanks and invisible characters, but no line ends other than CR: an id with a line end is rejected. */
const INVISIBLE =
  "[ \\t\\r\\u00a0\\u00ad\\u061c\\u1680\\u180e\\u2000-\\u200f\\u202a-\\u202f\\u205f-\\u2064\\u2066-\\u2069\\u3000\\ufeff]";
const ENDS = new RegExp(`^${INVISIBLE}+|${INVISIBLE}+$`, "g");

/** Cuts blanks and invisible characters off both ends of an id: two ids that look alike must not be two items. */
export function trimId(text: string): string {
  if (isPlain(text.charCodeAt(0)) && isPlain(text.charCodeAt(text.length - 1))) return text;
  return text.replace(ENDS, "");
}

/** A visible ASCII character. Most ids begin and end with one. */
function isPlain(code: number): boolean {
  return code > 32 && code < 127;
}

/**
 * Turns CR LF into LF (CR CR LF too, which a program writes that converts twice) and cuts CRs off the end. A CR
 * elsewhere stays: `tr -d '\r'` in JSON has one.
 */
export function unixLines(text: string): string {
  return text.includes("\r") ? text.replace(/\r+(?=\n|$)/g, "") : text;
}

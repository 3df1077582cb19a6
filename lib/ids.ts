import { createHash } from "node:crypto";

/** Longest itemID or taskID, in bytes of UTF-8. */
export const MAX_ID_BYTES = 256;
/** Longest step name, in bytes of UTF-8. The name is part of every index key of the step's items. */
export const MAX_STEP_BYTES = 64;

// Unprintable: control and format characters, line and paragraph separators, lone surrogates, unassigned and
// private-use code points. The zero-width joiner and non-joiner are allowed: emoji and some scripts need them.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

/** What is wrong with an id, as text that fits after "found"; undefined if it is valid. */
export function idProblem(id: string, maxBytes = MAX_ID_BYTES): string | undefined {
  if (id.trim() === "") return "nothing";
  const bytes = Buffer.byteLength(id);
  if (bytes > maxBytes) return `${bytes} bytes`;
  const bad = UNPRINTABLE.exec(id);
  if (bad) return `the character U+${(bad[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  return undefined;
}

/** Escapes an id as one part of a DynamoDB key whose parts are joined by `#`. */
export function escapeKeyPart(part: string): string {
  return encodeURIComponent(part);
}

/** Undoes {@link escapeKeyPart}. */
export function unescapeKeyPart(part: string): string {
  return decodeURIComponent(part);
}

// 180 stays below the 255 bytes of a file name (scratch folders, S3 servers that store files), with some room to spare,
// and three such parts fit into the 1,024 bytes of an S3 key.
const MAX_PATH_PART = 180;

/**
 * Escapes an id as one folder of a path or S3 key: no separators, no `.` or `..`, at most `most` characters. Longer ids
 * are cut and get a hash, so that they stay distinct.
 */
export function escapePathPart(part: string, { most = MAX_PATH_PART } = {}): string {
  const escaped = encodeURIComponent(part)
    .replace(/[!'()*~]/g, hexEscape)
    .replace(/^\.+/, (dots) => "%2E".repeat(dots.length));
  if (escaped.length <= most) return escaped;
  const hash = createHash("sha256").update(part).digest("hex").slice(0, 20);
  return `${escaped.slice(0, most - 21)}~${hash}`;
}

function hexEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Blanks and invisible characters, and of line ends only CR: an id with another line end is rejected. */
const INVISIBLE =
  "[ \\t\\r\\u00a0\\u00ad\\u061c\\u1680\\u180e\\u2000-\\u200f\\u202a-\\u202f\\u205f-\\u2064\\u2066-\\u2069\\u3000\\ufeff]";
const ONE_INVISIBLE = new RegExp(`^${INVISIBLE}$`);
const ENDS = new RegExp(`^${INVISIBLE}+|${INVISIBLE}+$`, "g");

/** Cuts blanks and invisible characters off both ends of an id: two ids that look alike must not become two items. */
export function trimId(text: string): string {
  if (isPlain(text.charCodeAt(0)) && isPlain(text.charCodeAt(text.length - 1))) return text;
  return text.replace(ENDS, "");
}

/** Whether a character is a blank or invisible, and therefore ignored at the ends of an id. */
export function isInvisible(character: string): boolean {
  return ONE_INVISIBLE.test(character);
}

/** A visible ASCII character. Most ids begin and end with one. */
function isPlain(code: number): boolean {
  return code > 32 && code < 127;
}

import { createHash } from "node:crypto";

/** Longest itemID, taskID, in bytes of UTF-8. */
export const MAX_ID_BYTES = 256;
/** Longest step name, in bytes of UTF-8: it stands in every index key of its items. */
export const MAX_STEP_BYTES = 64;

// Control and format characters, line and paragraph separators, lone surrogates, unassigned and private use code points
// do not print; the zero-width joiner and the variation selectors do, as parts of emoji.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

/** What is wrong with an id, in words that fit after "found", or nothing if it may be used. */
export function idProblem(id: string, maxBytes = MAX_ID_BYTES): string | undefined {
  if (id.trim() === "") return "nothing";
  const bytes = Buffer.byteLength(id);
  if (bytes > maxBytes) return `${bytes} bytes`;
  const bad = UNPRINTABLE.exec(id);
  if (bad) return `the character U+${(bad[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  return undefined;
}

/** Escapes an id for use as one part of a DynamoDB key whose parts are joined by `#`. */
export function escapeKeyPart(part: string): string {
  return encodeURIComponent(part);
}

/** Undoes {@link escapeKeyPart}. */
export function unescapeKeyPart(part: string): string {
  return decodeURIComponent(part);
}

// 180 leaves room under the 255 bytes of a file name (S3 servers on disk, scratch folders), and three such parts
// under the 1,024 bytes of an S3 key.
const MAX_PATH_PART = 180;

/**
 * Escapes an id for use as one folder of a path or S3 key: no separators, no `.` or `..`, at most 180 characters.
 * Ids that are too long for that are cut and told apart by a hash.
 */
export function escapePathPart(part: string): string {
  const escaped = encodeURIComponent(part)
    .replace(/[!'()*~]/g, hexEscape)
    .replace(/^\.+/, (dots) => "%2E".repeat(dots.length));
  if (escaped.length <= MAX_PATH_PART) return escaped;
  const hash = createHash("sha256").update(part).digest("hex").slice(0, 20);
  return `${escaped.slice(0, MAX_PATH_PART - 21)}~${hash}`;
}

function hexEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

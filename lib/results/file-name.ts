/** The name of the manifest in a result's folder, and of its object. A script must not leave a file with that name. */
export const MANIFEST_NAME = ".manifest.json";

/** The folder of results that are not published yet, next to those of the steps. No step's folder begins with a dot. */
export const STAGING = ".staging";

// The longest name on file systems is 255 bytes; the longest key on S3 is 1,024 bytes.
const MAX_NAME_BYTES = 1_000;

/** What is wrong with the name of a file in a result, as text to put after "found"; undefined if it is valid. */
export function fileNameProblem(name: string): string | undefined {
  if (name === "") return "an empty name";
  if (name.includes("\0")) return "a NUL in the name";
  if (name.startsWith("/")) return "an absolute path";
  if (name.split("/").some((part) => part === "" || part === "." || part === "..")) return `the path ${shown(name)}`;
  if (name === MANIFEST_NAME) return `${MANIFEST_NAME}, which is anamo's own`;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `a name of ${Buffer.byteLength(name)} bytes`;
  return undefined;
}

/** A file's name for a message, with line breaks and other control characters shown as escapes. */
export function shown(name: string): string {
  return JSON.stringify(name);
}

/** The end of a file's key. Characters that XML, and therefore lists of objects, cannot contain are percent-encoded. */
export function keyPartOf(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  return name.replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff%\\]/g, (char) => encodeURIComponent(char));
}

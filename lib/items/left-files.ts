const START = "left files, removed with its folder: ";
/** Short enough for most rows to stay within one write unit. */
const LONGEST = 60;

/** The message of a script that succeeded and left files in its scratch folder, which may include a result. */
export function leftFilesText(names: readonly string[]): string | undefined {
  const [first] = names;
  if (first === undefined) return undefined;
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  const name = first.length > LONGEST ? `${first.slice(0, LONGEST)}…` : first;
  return `${START}${name}${more}`;
}

/** The files that such a message lists; undefined if it is another kind of message. */
export function leftFilesOf(message: unknown): string | undefined {
  return typeof message === "string" && message.startsWith(START) ? message.slice(START.length) : undefined;
}

/** A text or a bracket; a text before a colon is a name. */
const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"([ \t\r\n]*:)?|[{}[\]]/g;

/**
 * The first name that the object in a valid JSON text has twice: JSON.parse drops all but the last without a word.
 * `names`: those that it has kept.
 */
export function repeatedName(text: string, names: readonly string[]): string | undefined {
  // nearly all rows have each name once, and nothing that looks like it
  const isOnce = (name: string) => {
    const written = JSON.stringify(name);
    return text.indexOf(written) === text.lastIndexOf(written);
  };
  if (!text.includes("\\u") && names.every(isOnce)) return undefined;
  const seen = new Set<string>();
  let depth = 0;
  for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && colon !== undefined) {
      const name = String(JSON.parse(`"${quoted}"`));
      if (seen.has(name)) return name;
      seen.add(name);
    }
  }
  return undefined;
}

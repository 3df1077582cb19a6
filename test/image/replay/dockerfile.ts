/** One instruction of a Dockerfile, before its variables are filled in. */
export interface Instruction {
  name: string;
  rest: string;
  line: number;
}

/** Parses a Dockerfile. Throws for anything unknown, so that nothing is left out by mistake. */
export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: Instruction | undefined;
  for (const [at, raw] of text.split("\n").entries()) {
    // comments may also stand between the lines of an instruction
    if (/^\s*#/.test(raw) || raw.trim() === "") continue;
    const isContinued = raw.endsWith("\\");
    const words = isContinued ? raw.slice(0, -1) : raw;
    if (open) {
      open.rest += words;
    } else {
      const [, name = "", rest = ""] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(words) ?? [];
      open = { name: name.toUpperCase(), rest, line: at + 1 };
      instructions.push(open);
    }
    if (isContinued) continue;
    if (/<<-?['"]?\w/.test(open.rest)) throw new Error(`line ${open.line}: here-documents are not supported`);
    open = undefined;
  }
  return instructions;
}

/** Fills in `$NAME` and `${NAME}`. Throws for a name without a value, and for any other form. */
export function filledIn(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$(?:\{([^}]*)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
    const value = values.get(braced ?? bare ?? "");
    if (value === undefined) throw new Error(`no value for ${braced ?? bare}`);
    return value;
  });
}

/** Parses `KEY=value KEY2="value two"`. */
export function assignments(text: string): [name: string, value: string][] {
  const found = [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))(?:\s+|$)/g)];
  if (found.map(([all]) => all).join("") !== text) throw new Error(`not NAME=value: ${text}`);
  return found.map(([, name = "", quoted, bare = ""]) => [name, quoted ?? bare]);
}

/** The words of an instruction in JSON form, the only form in which signals reach the program. */
export function wordsOfJson({ name, rest, line }: Instruction): string[] {
  const words: unknown = rest.startsWith("[") ? JSON.parse(rest) : undefined;
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  throw new Error(`line ${line}: ${name} is not in JSON form`);
}

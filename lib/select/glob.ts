/** One element of a pattern: any run of characters, any one character, one of a set, or a literal character. */
type Token = "*" | "?" | { set: readonly (readonly [from: string, to: string])[]; negated: boolean } | { is: string };

/**
 * Compiles a glob that must match a whole id: `*` is any run of characters (including `/`), `?` any one character,
 * `[abc]`, `[a-f]` and `[!x]` one of a set; a backslash makes the next character literal, and a `[` that is never
 * closed is literal. Matching any pattern takes at most (length of pattern × length of id) steps.
 */
export function glob(pattern: string): (id: string) => boolean {
  const tokens = tokensOf([...pattern]);
  return (id) => isMatch(tokens, [...id]);
}

function tokensOf(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    const close = character === "[" ? closeOf(pattern, at) : -1;
    if (character === "*" || character === "?") tokens.push(character);
    else if (close > 0) {
      tokens.push(setOf(pattern.slice(at + 1, close)));
      at = close;
    } else if (character === "\\" && at + 1 < pattern.length) tokens.push({ is: pattern[++at] as string });
    else tokens.push({ is: character });
  }
  return tokens;
}

/** Where the set that opens at `open` closes, or -1; a `]` right at the start is a member of the set. */
function closeOf(pattern: readonly string[], open: number): number {
  const first = isNegation(pattern[open + 1]) ? open + 2 : open + 1;
  for (let at = first; at < pattern.length; at++) {
    if (pattern[at] === "\\") at++;
    else if (pattern[at] === "]" && at > first) return at;
  }
  return -1;
}

function setOf(inside: readonly string[]): Token {
  const negated = isNegation(inside[0]);
  const members: { character: string; literal: boolean }[] = [];
  for (let at = negated ? 1 : 0; at < inside.length; at++) {
    const literal = inside[at] === "\\" && at + 1 < inside.length;
    members.push({ character: inside[literal ? ++at : at] as string, literal });
  }
  const set: [string, string][] = [];
  for (let at = 0; at < members.length; at++) {
    const from = (members[at] as { character: string }).character;
    const dash = members[at + 1];
    const to = members[at + 2];
    if (dash?.character === "-" && !dash.literal && to) {
      set.push([from, to.character]);
      at += 2;
    } else set.push([from, from]);
  }
  return { set, negated };
}

function isNegation(character: string | undefined): boolean {
  return character === "!" || character === "^";
}

/** Walks along both; on a mismatch, backtracks and lets the last `*` take one more character. */
function isMatch(tokens: readonly Token[], id: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < id.length) {
    const current = tokens[token];
    if (current === "*") {
      star = token++;
      starAt = at;
    } else if (current !== undefined && isOne(current, id[at] as string)) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token] === "*") token++;
  return token === tokens.length;
}

function isOne(token: Exclude<Token, "*">, character: string): boolean {
  if (token === "?") return true;
  if ("is" in token) return token.is === character;
  const code = character.codePointAt(0) ?? 0;
  const isIn = token.set.some(([from, to]) => code >= (from.codePointAt(0) ?? 0) && code <= (to.codePointAt(0) ?? 0));
  return isIn !== token.negated;
}

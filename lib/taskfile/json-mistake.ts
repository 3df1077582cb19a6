/** Where a text stops being valid JSON, and what was expected there. */
export interface JsonMistake {
  /** index of the first wrong character, from 0 */
  at: number;
  expected: string;
}

/** Finds the first mistake in a text; undefined if it is valid JSON. JSON.parse does not always report a position. */
export function findMistake(text: string): JsonMistake | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.checkAll();
    return undefined;
  } catch (error) {
    if (error instanceof Mistake) return { at: error.at, expected: error.expected };
    throw error;
  }
}

class Mistake extends Error {
  readonly at: number;
  readonly expected: string;
  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
    this.expected = expected;
  }
}

const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// every character from the space on, except the quote and the backslash
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const BLANKS = /[ \t\r\n]*/y;

/** Checks a text against the JSON grammar. Keeps a stack of open brackets instead of recursing, so any depth works. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  checkAll(): void {
    const open: ("}" | "]")[] = [];
    do {
      // a value begins here, or an empty list or object ends
      this.#skip(BLANKS);
      const closing = this.#openBracket();
      if (closing) open.push(closing);
      if (closing && !this.#take(closing)) {
        if (closing === "}") this.#name();
        continue;
      }
      if (closing) open.pop();
      else this.#value();
      this.#afterValue(open);
    } while (open.length > 0);
    if (this.#at < this.#text.length) this.#fail("the end of the line");
  }

  /** After a value comes a comma, or the closing brackets of the lists and objects that end with it. */
  #afterValue(open: ("}" | "]")[]): void {
    for (this.#skip(BLANKS); open.length > 0; this.#skip(BLANKS)) {
      const closing = open.at(-1) ?? "}";
      if (this.#take(",")) {
        if (closing === "}") this.#name();
        return;
      }
      if (!this.#take(closing)) this.#fail(`a comma or ${closing}`);
      open.pop();
    }
  }

  /** If a list or object begins here, returns the bracket that must close it. */
  #openBracket(): "}" | "]" | undefined {
    if (this.#take("{")) return "}";
    return this.#take("[") ? "]" : undefined;
  }

  #name(): void {
    this.#skip(BLANKS);
    if (this.#text[this.#at] !== '"') this.#fail('a name in quotes (")');
    this.#string();
    if (!this.#take(":")) this.#fail("a colon");
  }

  #value(): void {
    if (this.#text[this.#at] === '"') this.#string();
    else if (this.#skip(WORD) === 0) this.#fail('a value: text in quotes ("), a number or a list');
  }

  #string(): void {
    this.#at++;
    do this.#skip(PLAIN);
    while (this.#skip(ESCAPE) > 0);
    if (this.#text[this.#at] === '"') this.#at++;
    else if (this.#text[this.#at] === "\\") this.#fail('\\\\ for a backslash, or \\n, \\t, \\"');
    else
      this.#fail(
        this.#at < this.#text.length ? "\\t, \\n or another escape for a control character" : 'the closing quote (")',
      );
    this.#skip(BLANKS);
  }

  /** If the next character is this one, moves past it and the blanks after it. */
  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    this.#skip(BLANKS);
    return true;
  }

  #skip(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length;
  }

  #fail(expected: string): never {
    throw new Mistake(this.#at, expected);
  }
}

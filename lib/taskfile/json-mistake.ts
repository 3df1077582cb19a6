/** Where a text stops being JSON, and what should stand there. */
export interface JsonMistake {
  /** so many characters are right */
  at: number;
  expected: string;
}

/**
 * Finds the first mistake in a text that is not JSON; nothing if it is. JSON.parse says where only at times, and
 * counts from 0.
 */
export function findMistake(text: string): JsonMistake | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.whole();
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
// from the blank on all but quote and backslash
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const BLANKS = /[ \t\r\n]*/y;

/** Walks over a text as the grammar of JSON goes. Lists and objects inside each other are counted, not called. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): void {
    const open: ("}" | "]")[] = [];
    do {
      // here a value begins, or, behind an opening bracket, the end of what has nothing in it
      this.#skip(BLANKS);
      const closing = this.#opened();
      if (closing) open.push(closing);
      if (closing && !this.#take(closing)) {
        if (closing === "}") this.#name();
        continue;
      }
      if (closing) open.pop();
      else this.#value();
      this.#closeWhatEnds(open);
    } while (open.length > 0);
    if (this.#at < this.#text.length) this.#fail("the end of the line");
  }

  /** After a value: the ends of what it is the last of, or a comma and what may follow that. */
  #closeWhatEnds(open: ("}" | "]")[]): void {
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

  #opened(): "}" | "]" | undefined {
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
    else this.#fail(this.#at < this.#text.length ? "no control character" : 'the quote (") that ends a text');
    this.#skip(BLANKS);
  }

  /** Goes on by a character, if it is this one, and the blanks behind it. */
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

import { type HeredocEnd, type Mark, nameAt, type Quoting } from "./brace-marks.ts";

/** The script ends before something that it opened is closed. */
export class UnfinishedError extends Error {
  readonly what: string;
  /** if it is a quote: where it was opened */
  readonly openQuote: number | undefined;
  constructor(what: string, openQuote?: number) {
    super(what);
    this.what = what;
    this.openQuote = openQuote;
  }
}

/** A here-document whose body follows the next line end. */
interface Heredoc extends HeredocEnd {
  isQuoted: boolean;
  words: readonly string[];
}

/** What may follow `${`. */
const PARAMETER = /^\$\{[!#]?(?:\w+|[@*?$!#-])(?:\[[^\]]*\])?[}:\-=+?#%/^,@*]/;

const META = /[ \t\n;&|<>()]/;

/**
 * Reads the words of a bash script: quotes, expansions, here-documents. A subclass reads commands, which `$(…)`
 * contains.
 */
export abstract class BashWords {
  protected readonly text: string;
  protected at = 0;
  /** the words of the simple command being read */
  protected words: string[] = [];
  protected heredocs: Heredoc[] = [];
  readonly marks: Mark[] = [];
  /** indexes of the backslash in each `\{}` */
  readonly escapes: number[] = [];
  readonly #names: readonly string[] | undefined;
  /** comments, as start and end */
  readonly comments: [number, number][] = [];

  /** `names`: look for these in braces, and for anything that looks like one, instead of `{}` */
  constructor(text: string, names?: readonly string[]) {
    this.text = text;
    this.#names = names;
  }

  /** Reads commands up to and including a `)`. */
  protected abstract substitution(): void;

  /** Reads one word and returns it as written; must be called at its first character. Throws an UnfinishedError. */
  protected word(): string {
    const from = this.at;
    while (this.at < this.text.length) {
      const two = this.text.slice(this.at, this.at + 2);
      if (two === "<(" || two === ">(") this.nested(2);
      else if (META.test(two.charAt(0))) break;
      else this.#part();
    }
    return this.text.slice(from, this.at).replaceAll("\\\n", "");
  }

  #part(): void {
    const character = this.text[this.at];
    if (character === "\\") this.#escape("none");
    else if (character === "'") this.#single();
    else if (character === '"') this.#double();
    else if (!this.#expansion("none")) this.plain("none");
  }

  /** One ordinary character, or a mark. */
  protected plain(quoting: Quoting): void {
    const name = this.#names && this.text[this.at] === "{" ? nameAt(this.text, this.at, this.#names) : undefined;
    if (name) {
      this.marks.push({ at: this.at, quoting, words: [...this.words], name });
      this.at += name.length;
      return;
    }
    if (!this.#names && this.text.startsWith("{}", this.at)) {
      this.marks.push({ at: this.at, quoting, words: [...this.words] });
      this.at++;
    }
    this.at++;
  }

  #escape(quoting: Quoting): void {
    if (this.text.startsWith("{}", this.at + 1)) {
      this.escapes.push(this.at);
      this.at += 3;
      return;
    }
    if (quoting === "single") this.at++;
    else if (this.at + 1 >= this.text.length) throw new UnfinishedError("a backslash");
    else this.at += 2;
  }

  /** Reads up to and including `close`. Only backslashes, marks and what `inner` reads are special before it. */
  #quoted(close: string, quoting: Quoting, inner: () => boolean = () => false): void {
    const from = this.at - 1;
    while (this.text[this.at] !== close) {
      if (this.at >= this.text.length) throw new UnfinishedError(`a quote (${close}) that is not closed`, from);
      if (this.text[this.at] === "\\") this.#escape(quoting);
      else if (!inner()) this.plain(quoting);
    }
    this.at++;
  }

  #single(): void {
    this.at++;
    this.#quoted("'", "single");
  }

  #double(): void {
    this.at++;
    this.#quoted('"', "double", () => this.#expansion("double"));
  }

  /** Reads an expansion inside double quotes, a here-document, `${…}` or `((…))`; false if there is none. */
  #expansion(quoting: Quoting): boolean {
    const character = this.text[this.at];
    if (character === "`") this.#backticks();
    else if (character === "$") this.dollar(quoting);
    else return false;
    return true;
  }

  /** Does not parse text in backticks, which may contain anything but a bare backtick. */
  #backticks(): void {
    this.at++;
    const [from, first] = [this.at, this.marks.length];
    this.#quoted("`", "backtick");
    for (const mark of this.marks.slice(first)) {
      // the mark may be inside these quotes or after them
      if (/[\\'"]/.test(this.text.slice(from, mark.at))) mark.quoting = "quoted-backtick";
    }
  }

  protected dollar(quoting: Quoting): void {
    const rest = this.text.slice(this.at, this.at + 3);
    if (rest.startsWith("$'") && (quoting === "none" || quoting === "parameter")) {
      this.at += 2;
      this.#quoted("'", "ansi");
    } else if (rest.startsWith("$((") && this.#isArithmetic(this.at + 3)) {
      this.at += 3;
      this.arithmetic();
    } else if (rest.startsWith("$(")) this.nested(2);
    else if (rest.startsWith("${")) this.#parameter();
    else this.at++;
  }

  /** `$((` may also start a subshell inside a command substitution; then no `))` closes it. */
  #isArithmetic(from: number): boolean {
    let depth = 0;
    for (let at = from; at < this.text.length; at++) {
      if (this.text[at] === "(") depth++;
      else if (this.text[at] === ")" && depth-- === 0) return this.text[at + 1] === ")";
    }
    return false;
  }

  /** Reads up to and including the `))` that closes `$((` or `((`. */
  protected arithmetic(): void {
    for (let depth = 0; depth > 0 || !this.text.startsWith("))", this.at); ) {
      const character = this.text[this.at];
      if (character === undefined) throw new UnfinishedError("an arithmetic expression that is not closed");
      if (character === "(") depth++;
      if (character === ")") depth--;
      this.#inner("arithmetic");
    }
    this.at += 2;
  }

  /** Even in `"${x:-it's}"` bash looks for a second single quote, and fails. */
  #parameter(): void {
    if (!PARAMETER.test(this.text.slice(this.at, this.at + 200))) throw new UnfinishedError("a ${ that bash rejects");
    this.at += 2;
    while (this.text[this.at] !== "}") {
      if (this.at >= this.text.length) throw new UnfinishedError("a ${ that is not closed");
      if (this.text[this.at] === "'") this.#single();
      else this.#inner("parameter");
    }
    this.at++;
  }

  /** One character or quoted part where words do not end at blanks. */
  #inner(quoting: "arithmetic" | "parameter"): void {
    const character = this.text[this.at];
    if (character === "\\") this.#escape(quoting);
    else if (character === '"') this.#double();
    else if (!this.#expansion(quoting)) this.plain(quoting);
  }

  /** Commands in `$(…)`, `<(…)` or `(…)`, whose opening is `length` characters long. */
  protected nested(length: number): void {
    const outer = this.words;
    this.words = [];
    this.at += length;
    this.substitution();
    this.words = outer;
  }

  /** Skips blanks, line continuations and comments. */
  protected skipBlanks(): void {
    for (;;) {
      const character = this.text[this.at];
      if (character === " " || character === "\t") this.at++;
      else if (this.text.startsWith("\\\n", this.at)) this.at += 2;
      else if (character === "#") this.#comment();
      else return;
    }
  }

  #comment(): void {
    const end = this.text.indexOf("\n", this.at);
    this.comments.push([this.at, end < 0 ? this.text.length : end]);
    this.at = end < 0 ? this.text.length : end;
  }

  /** Records a here-document; its delimiter is the next word. */
  protected heredoc({ stripsTabs }: { stripsTabs: boolean }): void {
    this.skipBlanks();
    const written = this.word();
    const isQuoted = /['"\\]/.test(written);
    const delimiter = written.replace(/^\$(?=['"])|['"\\]/g, "");
    this.heredocs.push({ delimiter, isQuoted, stripsTabs, words: [...this.words] });
  }

  /** At the beginning of a line, reads the bodies of the recorded here-documents; false if there are none. */
  protected bodies(): boolean {
    const pending = this.heredocs;
    this.heredocs = [];
    for (const heredoc of pending) this.#body(heredoc);
    return pending.length > 0;
  }

  #body({ delimiter, isQuoted, stripsTabs, words }: Heredoc): void {
    const outer = this.words;
    this.words = [...words];
    const first = this.marks.length;
    for (;;) {
      if (this.at >= this.text.length) throw new UnfinishedError("a here-document (<<)");
      const newline = this.text.indexOf("\n", this.at);
      const end = newline < 0 ? this.text.length : newline;
      const line = this.text.slice(this.at, end);
      const isEnd = (stripsTabs ? line.replace(/^\t+/, "") : line) === delimiter;
      if (isEnd) this.at = end;
      else this.#line(end, isQuoted);
      if (this.text[this.at] === "\n") this.at++;
      if (isEnd) break;
    }
    for (const mark of this.marks.slice(first)) mark.heredoc ??= { delimiter, stripsTabs };
    this.words = outer;
  }

  #line(end: number, isQuoted: boolean): void {
    while (this.at < end) {
      if (this.text.startsWith("\\{}", this.at)) this.#escape("heredoc");
      else if (isQuoted) this.plain("quoted-heredoc");
      else if (this.text[this.at] === "\\") this.at = Math.min(end, this.at + 2);
      else if (!this.#expansion("heredoc")) this.plain("heredoc");
    }
  }
}

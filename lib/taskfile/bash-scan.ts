import { BashHeads } from "./bash-heads.ts";
import { UnfinishedError } from "./bash-words.ts";
import type { Mark } from "./brace-marks.ts";

/** How a script uses its argument. */
export interface BashScan {
  /** each `{}` outside comments */
  marks: readonly Mark[];
  /** indexes of the backslash in each `\{}` outside comments */
  escapes: readonly number[];
  /** whether the variable `TASK_ARG` is used outside comments, but not set by the script */
  usesTaskArg: boolean;
  /** what is at the end, if a word appended there would not be an argument of the last simple command */
  badEnd?: string;
  /** the first thing outside `$(…)` and quotes that ends a command, or cuts a word in two, as `>` does in `A>T` */
  split?: string;
  /** how many words the last simple command has */
  words: number;
  /** the first of them */
  command?: string;
  /** these words, as written */
  lastWords: readonly string[];
  /** the last simple command reads what the one before it prints */
  isPiped: boolean;
  /**
   * where reading stopped, if a command was still incomplete where the script, or the scanner's knowledge of bash,
   * ended
   */
  stoppedAt?: number;
  /** where a quote that is never closed was opened */
  openQuote?: number;
}

/**
 * Reads just enough of a bash script to know where its words, quotes, comments and commands begin and end. With
 * `names`, marks are these names in braces, and anything that looks like one, instead of `{}`.
 */
export function scanBash(script: string, names?: readonly string[]): BashScan {
  return new BashScanner(script, names).scan();
}

/** What the next word is: a command, a word of a simple command, or something else. */
type Expected =
  | { kind: "command"; after: string }
  /** only assignments and redirections so far: the next word is a command */
  | { kind: "assigned" }
  | { kind: "word" }
  /** after the end of a compound command, where no word may follow */
  | { kind: "closed"; what: string };

type Compound = { opened: string; closes: readonly string[] };

const COMPOUNDS: readonly Compound[] = [
  { opened: "if", closes: ["fi"] },
  { opened: "while", closes: ["done"] },
  { opened: "until", closes: ["done"] },
  { opened: "{", closes: ["}"] },
];
/** Reserved words after which a command follows. */
const LEADING = new Set(["then", "elif", "else", "do", "!", "time", "coproc"]);
/** Commands whose words may be array assignments. */
const DECLARES = new Set(["declare", "typeset", "local", "export", "readonly"]);
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;
const REDIRECTION = /^(?:\d+|\{[A-Za-z_]\w*\})?(?:<<<|<<-|<<|<>|<&|>>|>&|>\||&>>|&>|<(?!\()|>(?!\())/;
/** A script that sets the variable itself means its own variable. */
const SETS_TASK_ARG =
  /(?:^|[\s;&|(])TASK_ARG=|\b(?:for|select|unset|read|mapfile|readarray)\s(?:[^;&|<>\n]*\s)?TASK_ARG\b/;
const PIPES = new Set(['"|"', '"|&"']);
const OPERATORS = [";;&", ";;", ";&", "&&", "||", "|&", ";", "&", "|"] as const;

class BashScanner extends BashHeads {
  #expected: Expected = { kind: "command", after: "nothing" };
  #open: string[] = [];
  #stoppedAt: number | undefined;
  #openQuote: number | undefined;
  /** how many `$(…)` and `(…)` are open */
  #depth = 0;
  #split: string | undefined;
  /** what comes before the simple command that is being read, such as an operator */
  #before = "nothing";

  scan(): BashScan {
    const badEnd = this.#readAll();
    const { marks, escapes, comments } = this;
    const isInComment = (at: number) => comments.some(([from, to]) => at >= from && at < to);
    const used = [...this.text.matchAll(/\bTASK_ARG\b/g)].some(({ index }) => !isInComment(index));
    const usesTaskArg = used && !SETS_TASK_ARG.test(this.text);
    const [stoppedAt, openQuote] = [this.#stoppedAt, this.#openQuote];
    const split = this.#split;
    const [command] = this.words;
    return {
      marks,
      escapes,
      usesTaskArg,
      words: this.words.length,
      lastWords: this.words,
      isPiped: PIPES.has(this.#before),
      ...(command !== undefined && { command }),
      ...(split !== undefined && { split }),
      ...(badEnd !== undefined && { badEnd }),
      ...(stoppedAt !== undefined && { stoppedAt }),
      ...(openQuote !== undefined && { openQuote }),
    };
  }

  /** Reads the whole script. If no argument may follow at its end, returns what is there. */
  #readAll(): string | undefined {
    try {
      if (this.#commands()) throw new UnfinishedError("a parenthesis that was not opened");
    } catch (error) {
      if (!(error instanceof UnfinishedError)) throw error;
      this.#stoppedAt = this.at;
      this.#openQuote = error.openQuote;
      return error.what;
    }
    const opened = this.#open.at(-1);
    const [comment] = this.comments.slice(-1);
    if (comment?.[1] === this.text.length) return "a comment (#)";
    if (this.heredocs.length > 0) return "a here-document (<<)";
    if (opened !== undefined) return `"${opened}" that is not closed`;
    const expected = this.#expected;
    if (expected.kind === "command") return expected.after;
    if (expected.kind === "closed") return expected.what;
    if (expected.kind === "assigned") return "an assignment without a command";
    return this.words[0] === "[" && this.words.at(-1) === "]" ? "a test ([ … ])" : undefined;
  }

  protected override substitution(): void {
    const outer = { expected: this.#expected, open: this.#open, before: this.#before };
    this.#expected = { kind: "command", after: "nothing" };
    this.#open = [];
    this.#depth++;
    if (!this.#commands()) throw new UnfinishedError("a parenthesis that is not closed");
    this.#depth--;
    this.#expected = outer.expected;
    this.#open = outer.open;
    this.#before = outer.before;
  }

  /** Reads commands up to and including a `)` that was not opened here. Returns false at the end of the text. */
  #commands(): boolean {
    for (;;) {
      const comments = this.comments.length;
      this.skipBlanks();
      if (this.comments.length > comments) this.#splitBy("a comment (#)");
      const character = this.text[this.at];
      if (character === undefined) return false;
      if (character === ")") {
        this.at++;
        return true;
      }
      if (character === "\n") this.#newline();
      else if (character === "(") this.#parenthesis();
      else if (!this.#redirection() && !this.#operator()) this.#takeWord();
    }
  }

  #splitBy(what: string): void {
    if (this.#depth === 0) this.#split ??= what;
  }

  #begin(after: string): void {
    this.#expected = { kind: "command", after };
    this.#before = after;
    this.words = [];
  }

  #close(what: string): void {
    this.#expected = { kind: "closed", what };
    this.words = [];
  }

  #newline(): void {
    this.#splitBy("a line end");
    this.at++;
    this.#begin(this.bodies() ? "a here-document (<<)" : "a line end");
  }

  #operator(): boolean {
    const operator = OPERATORS.find((candidate) => this.text.startsWith(candidate, this.at));
    if (!operator) return false;
    const endsBranch = operator.startsWith(";") && operator.length > 1;
    if (this.#expected.kind === "command" && !endsBranch) throw new UnfinishedError(`"${operator}" without a command`);
    this.at += operator.length;
    this.#splitBy(`"${operator}"`);
    this.#begin(`"${operator}"`);
    if (endsBranch && this.#open.at(-1) === "case") this.#patterns();
    return true;
  }

  /** A redirection, with its target. */
  #redirection(): boolean {
    const [operator] = REDIRECTION.exec(this.text.slice(this.at, this.at + 80)) ?? [];
    if (operator === undefined) return false;
    if (this.at > 0 && !/[ \t\n]/.test(this.text.charAt(this.at - 1))) this.#splitBy(`"${operator}" inside a word`);
    this.at += operator.length;
    const bare = operator.replace(/^[^<>&]*/, "");
    if (bare === "<<" || bare === "<<-") this.heredoc({ stripsTabs: bare === "<<-" });
    else {
      this.skipBlanks();
      if (this.word() === "") throw new UnfinishedError(`"${operator}" without a file`);
    }
    if (this.#expected.kind === "command") this.#expected = { kind: "assigned" };
    return true;
  }

  #parenthesis(): void {
    const isFunction = this.#expected.kind === "word" && this.words.length === 1 && /^\(\s*\)/.test(this.rest());
    if (isFunction) {
      this.at = this.text.indexOf(")", this.at) + 1;
      this.#begin("the name of a function");
    } else if (this.#expected.kind === "word" || this.#expected.kind === "closed") {
      throw new UnfinishedError("a parenthesis behind a word");
    } else if (this.text.startsWith("((", this.at) && this.isClosedTwice()) {
      this.at += 2;
      this.arithmetic();
      this.#close('"))"');
    } else {
      this.nested(1);
      this.#close('")"');
    }
  }

  #takeWord(): void {
    const expected = this.#expected;
    const word = this.word();
    if (expected.kind !== "word" && expected.kind !== "assigned" && this.#reserved(word)) return;
    if (expected.kind === "closed") throw new UnfinishedError(`a word behind ${expected.what}`);
    if (expected.kind !== "word" && ASSIGNMENT.test(word)) {
      this.#expected = { kind: "assigned" };
      if (word.endsWith("=") && this.text[this.at] === "(") this.array();
      return;
    }
    this.words.push(word);
    this.#expected = { kind: "word" };
    const declares = DECLARES.has(this.words[0] ?? "") && ASSIGNMENT.test(word) && word.endsWith("=");
    if (declares && this.text[this.at] === "(") this.array();
  }

  /** Reads a reserved word in command position; false if the word is not reserved. */
  #reserved(word: string): boolean {
    const compound = COMPOUNDS.find(({ opened }) => opened === word);
    if (LEADING.has(word)) this.#begin(`"${word}"`);
    else if (compound) {
      this.#open.push(word);
      this.#begin(`"${word}"`);
    } else if (this.#isClosing(word)) {
      this.#open.pop();
      this.#close(`"${word}"`);
    } else if (word === "for" || word === "select") this.#loopHead(word);
    else if (word === "case") this.#caseHead();
    else if (word === "function") {
      this.functionHead();
      this.#begin("the name of a function");
    } else if (word === "[[") {
      this.condition();
      this.#close('"]]"');
    } else return false;
    return true;
  }

  #isClosing(word: string): boolean {
    const opened = this.#open.at(-1);
    if (opened === "for" || opened === "select") return word === "done" || word === "}";
    if (opened === "case") return word === "esac";
    return COMPOUNDS.some((compound) => compound.opened === opened && compound.closes.includes(word));
  }

  #loopHead(opened: string): void {
    this.#open.push(opened);
    this.loopHead();
    this.#begin(`"${opened}"`);
  }

  #caseHead(): void {
    this.#open.push("case");
    this.caseHead();
    this.#begin('"in"');
    this.#patterns();
  }

  /** The patterns of one branch of a `case`, or its `esac`. */
  #patterns(): void {
    if (this.casePatterns() === "patterns") {
      this.#begin("the pattern of a case");
      return;
    }
    this.#open.pop();
    this.#close('"esac"');
  }
}

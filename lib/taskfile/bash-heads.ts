import { BashWords, UnfinishedError } from "./bash-words.ts";

/** Reads the parts of bash's grammar that hold words but no commands: loop heads, patterns, conditions, arrays. */
export abstract class BashHeads extends BashWords {
  /** Whether `((` opens an arithmetic command rather than a subshell in a subshell. */
  protected isClosedTwice(): boolean {
    let depth = 0;
    for (let at = this.at; at < this.text.length; at++) {
      if (this.text[at] === "(") depth++;
      else if (this.text[at] === ")" && --depth === 1) return this.text[at + 1] === ")";
    }
    return false;
  }

  /** The text from here on, as far as an operator or a head may reach. */
  protected rest(): string {
    return this.text.slice(this.at, this.at + 80);
  }

  /** The values of an array: words and line ends up to a `)`. */
  protected array(): void {
    this.at++;
    for (this.skipLines(); this.text[this.at] !== ")"; this.skipLines()) {
      if (this.at >= this.text.length) throw new UnfinishedError("an array that is not closed");
      if (this.word() === "") throw new UnfinishedError("an array that is not closed");
    }
    this.at++;
  }

  protected skipLines(): void {
    for (this.skipBlanks(); this.text[this.at] === "\n"; this.skipBlanks()) this.at++;
  }

  /** `for x in a b` or `for ((…))`: the words up to the end of the line are not commands. */
  protected loopHead(): void {
    this.skipBlanks();
    if (this.text.startsWith("((", this.at)) {
      this.at += 2;
      this.arithmetic();
    } else {
      for (let word = this.word(); word !== ""; word = this.word()) this.skipBlanks();
    }
    this.skipBlanks();
    if (this.text[this.at] === ";") this.at++;
  }

  /** The word after `case`, and `in`. */
  protected caseHead(): void {
    this.skipBlanks();
    this.word();
    this.skipLines();
    if (this.word() !== "in") throw new UnfinishedError('"case" that is not closed');
  }

  /** The patterns of one branch of a `case`, up to their `)`; or its `esac`. */
  protected casePatterns(): "patterns" | "esac" {
    this.skipLines();
    if (this.text[this.at] === "(") this.at++;
    for (let isFirst = true; ; isFirst = false) {
      this.skipBlanks();
      if (this.at >= this.text.length) throw new UnfinishedError('"case" that is not closed');
      if (this.text[this.at] === ")") break;
      if (this.text[this.at] === "|") {
        this.at++;
        continue;
      }
      const word = this.word();
      if (isFirst && word === "esac") return "esac";
      if (word === "") throw new UnfinishedError('"case" that is not closed');
    }
    this.at++;
    return "patterns";
  }

  /** `function name` or `function name()`: its body is the next command. */
  protected functionHead(): void {
    this.skipBlanks();
    this.word();
    this.skipBlanks();
    const [parentheses = ""] = /^\(\s*\)/.exec(this.rest()) ?? [];
    this.at += parentheses.length;
  }

  /** `[[ … ]]`, where parentheses, `<`, `>` and `|` are ordinary characters. */
  protected condition(): void {
    for (;;) {
      this.skipLines();
      if (this.at >= this.text.length) throw new UnfinishedError('"[[" that is not closed');
      const word = this.word();
      if (word === "]]") break;
      if (word === "") this.at++;
    }
  }
}

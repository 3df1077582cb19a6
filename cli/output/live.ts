import truncatedWidth from "fast-string-truncated-width";

/** A part of the screen that is overwritten again and again. */
export class LiveText {
  readonly #out: NodeJS.WriteStream;
  #lines = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** Replaces the text shown before. Lines are cut to the screen width: a wrapped line could not be overwritten. */
  show(text: string): void {
    // a terminal that does not know its size says 0
    const columns = this.#out.columns || 80;
    const rows = this.#out.rows || 24;
    const lines = text.split("\n").slice(0, Math.max(1, rows - 1));
    const back = this.#lines > 0 ? `\x1b[${this.#lines}A\x1b[0J` : "";
    this.#out.write(`${back}${lines.map((line) => cutToColumns(line, columns)).join("\n")}\n`);
    this.#lines = lines.length;
  }
}

/** Characters take one column, two, or none: Chinese and emoji two, combining accents none. */
function cutToColumns(line: string, columns: number): string {
  return line.slice(0, truncatedWidth(line, { limit: columns }).index);
}

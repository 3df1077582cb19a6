import truncatedWidth from "fast-string-truncated-width";
import { widthOf } from "./widths.ts";

/** The size of a terminal; one that does not know its size reports 0. */
export function screenSize({ columns, rows }: Pick<NodeJS.WriteStream, "columns" | "rows">) {
  return { columns: columns || 80, rows: rows || 24 };
}

/** A part of the screen that is overwritten repeatedly. */
export class LiveText {
  readonly #out: NodeJS.WriteStream;
  #lines: readonly string[] = [];
  #make: (() => string) | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /**
   * Replaces the text shown before. Wraps sentences and cuts table rows to the screen width here, because a line that
   * the terminal wraps could not be overwritten.
   */
  show(text: string): void {
    const { columns, rows } = screenSize(this.#out);
    const wrapped = text.split("\n").flatMap((line) => (isRow(line) ? [line] : wrap(line, columns)));
    const lines = wrapped.slice(0, Math.max(1, rows - 1));
    const cut = lines.map((line) => cutToColumns(line, columns));
    this.#out.write(`${this.#back(columns)}${cut.join("\n")}\n`);
    this.#lines = cut;
  }

  /** Shows the result of `make`, and shows it again whenever the size of the screen changes. */
  follow(make: () => string): void {
    if (!this.#make) this.#out.on("resize", () => this.#make && this.show(this.#make()));
    this.#make = make;
    this.show(make());
  }

  /** Removes the text, so that something else can be written in its place. */
  clear(): void {
    const back = this.#back(screenSize(this.#out).columns);
    if (back !== "") this.#out.write(back);
    this.#lines = [];
  }

  /** Moves to the start of the text and removes it. If the screen has become narrower, it has wrapped the lines. */
  #back(columns: number): string {
    const rows = this.#lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return rows > 0 ? `\x1b[${rows}A\x1b[0J` : "";
  }
}

/** Characters take one column, two, or none: Chinese and emoji two, combining accents none. */
function cutToColumns(line: string, columns: number): string {
  const cut = line.slice(0, truncatedWidth(line, { limit: columns }).index);
  // the end of a color may have been cut off
  return cut.length < line.length && cut.includes("\x1b") ? `${cut}\x1b[0m` : cut;
}

/** Whether a line is a table row, whose columns are separated by two or more spaces. */
function isRow(line: string): boolean {
  return /\S {2,}\S/.test(line);
}

/** The lines of a sentence, broken at spaces, with the second and later ones indented. */
function wrap(line: string, columns: number): string[] {
  if (truncatedWidth(line).width <= columns) return [line];
  const lines = [""];
  for (const word of line.split(" ")) {
    const last = lines.at(-1) ?? "";
    const longer = last === "" ? word : `${last} ${word}`;
    if (last.trim() !== "" && truncatedWidth(longer).width > columns) lines.push(`  ${word}`);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

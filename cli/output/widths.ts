import truncatedWidth from "fast-string-truncated-width";

/** How many columns of a terminal a text takes: Chinese and emoji two a character, accents and colors none. */
export function widthOf(text: string): number {
  return truncatedWidth(text).width;
}

/** A text of exactly so many columns, or more if it is longer. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

export function padStart(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - widthOf(text))) + text;
}

/** Cuts the end of a text without colors, and says so. */
export function cutEnd(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return `${text.slice(0, truncatedWidth(text, { limit: Math.max(0, columns - 1) }).index)}…`;
}

/** Cuts the middle out of a name: the ends are what tells names apart. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const parts = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].map(({ segment }) => segment);
  const half = Math.floor((columns - 1) * 0.4);
  let [head, tail] = ["", ""];
  for (const part of parts) {
    if (widthOf(head + part) > half) break;
    head += part;
  }
  for (const part of parts.toReversed()) {
    if (widthOf(part + tail) > columns - 1 - widthOf(head)) break;
    tail = part + tail;
  }
  return `${head}…${tail}`;
}

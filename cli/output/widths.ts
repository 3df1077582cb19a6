import truncatedWidth from "fast-string-truncated-width";

/** How many terminal columns a text takes: Chinese characters and emoji take two each, accents and colors none. */
export function widthOf(text: string): number {
  return truncatedWidth(text).width;
}

/** Pads a text to exactly this many columns; a longer text stays as it is. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

export function padStart(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - widthOf(text))) + text;
}

/** Cuts off the end of a text without colors, and marks that. */
export function cutEnd(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return `${text.slice(0, truncatedWidth(text, { limit: Math.max(0, columns - 1) }).index)}…`;
}

/** Cuts out the middle of a name, because the ends are what tells names apart. */
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

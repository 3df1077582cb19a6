import { styleText } from "node:util";

/*
 * The only place that colors anything. Node.js decides whether to: on a terminal, unless NO_COLOR is set; elsewhere
 * only if FORCE_COLOR is set.
 */

const COLORS = { done: "green", failed: "red", held: "yellow", locked: "cyan" } as const;

type Colored = keyof typeof COLORS;

/**
 * A text in the color of a state, if that has one. The text keeps its width, because escape sequences take no columns.
 */
export function inColor(state: string, text: string): string {
  return isColored(state) ? styleText(COLORS[state], text, { stream: process.stdout, validateStream: true }) : text;
}

/** How text can be painted: names of the terminal's own colors, so that its theme decides. */
export type Paint = "bold" | "dim" | "blue" | "cyan" | "yellow" | "red";

/** A text in that color, if texts are colored. It keeps its width. */
export function painted(paint: Paint, text: string): string {
  return text === "" ? "" : styleText(paint, text, { stream: process.stdout, validateStream: true });
}

/** The number of items in a state, in the state's color unless there are none. */
export function countInColor(state: string, count: number): string {
  return count > 0 ? inColor(state, String(count)) : String(count);
}

/** A text in which each state that it names has the state's color. */
export function statesInColor(text: string): string {
  return text.replaceAll(/\b(?:\d+ )?(done|failed|held|locked)\b/g, (words, state: string) => inColor(state, words));
}

function isColored(state: string): state is Colored {
  return Object.hasOwn(COLORS, state);
}

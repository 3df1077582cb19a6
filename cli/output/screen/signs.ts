import { type Paint, painted } from "../color.ts";

/** The names that people use for the state of an item; each item is in exactly one. */
export const SHOWN = ["done", "running", "waiting", "paused", "blocked", "failed"] as const;
export type Shown = (typeof SHOWN)[number];

const PAINTS: Readonly<Record<Shown, Paint>> = {
  done: "blue",
  running: "cyan",
  waiting: "dim",
  paused: "yellow",
  blocked: "red",
  failed: "red",
};

const SIGNS: Readonly<Record<Shown, string>> = {
  done: "█",
  running: "▒",
  waiting: "·",
  paused: "‖",
  blocked: "/",
  failed: "×",
};

/** For terminals that do not show UTF-8 correctly. */
const PLAIN_SIGNS: Readonly<Record<Shown, string>> = {
  done: "#",
  running: "=",
  waiting: ".",
  paused: "p",
  blocked: "/",
  failed: "x",
};

/** The available signs, and what is drawn in columns. */
export interface Signs {
  of: Readonly<Record<Shown, string>>;
  /** from low to high */
  heights: readonly string[];
  dash: string;
}

/**
 * The signs for a terminal, according to the variables that say how it encodes text; if they say nothing, UTF-8 is
 * likely.
 */
export function signsFor(env: Readonly<Record<string, string | undefined>>): Signs {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  const isUtf8 = !locale || /utf-?8/i.test(locale);
  return isUtf8
    ? { of: SIGNS, heights: [..."▁▂▃▄▅▆▇█"], dash: "–" }
    : { of: PLAIN_SIGNS, heights: [..."_.:-=+*#"], dash: "-" };
}

/** Repeats the sign of a state, in its color. */
export function drawn(signs: Signs, shown: Shown, times = 1): string {
  return painted(PAINTS[shown], signs.of[shown].repeat(times));
}

/** Text in the color of a state. */
export function inShown(shown: Shown, text: string): string {
  return painted(PAINTS[shown], text);
}

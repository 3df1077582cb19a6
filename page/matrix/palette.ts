import { classAt, NO_ITEM } from "../model.ts";

/** The colors of the page as a canvas needs them. */
export interface Palette {
  ground: string;
  text: string;
  third: string;
  selected: string;
  link: string;
  /** by code of a class */
  fills: readonly string[];
  runningLine: string;
  failedText: string;
  onFailed: string;
  onPaused: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const fills = Array.from({ length: NO_ITEM }, (_, code) => read(fillOf(code)));
  return {
    ground: read("ground"),
    text: read("text"),
    third: read("third"),
    selected: read("selected"),
    link: read("link"),
    fills,
    runningLine: read("running-line"),
    failedText: read("failed-text"),
    onFailed: read("on-failed"),
    onPaused: read("on-paused"),
  };
}

/** A blocked cell is a waiting one with a stroke: a second red would look like a failure. */
function fillOf(code: number): string {
  const name = classAt(code) ?? "waiting";
  return name === "blocked" ? "waiting" : name;
}

/** Makes a canvas as sharp as the screen, and clears it. Sizes are in CSS pixels. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context ?? undefined;
}

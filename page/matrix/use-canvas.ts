import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Palette, prepare, readPalette } from "./palette.ts";

/** The width of an element, now and after each change of the window. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () => setWidth(Math.floor(current.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** A canvas that is redrawn after each render, and when the colors of the page change. */
export function useCanvas(
  { width, height }: { width: number; height: number },
  draw: (context: CanvasRenderingContext2D, palette: Palette) => void,
): RefObject<HTMLCanvasElement | null> {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(() => {});
  latest.current = () => {
    if (!canvas.current || width <= 0 || height <= 0) return;
    const context = prepare(canvas.current, width, height);
    if (context) draw(context, readPalette());
  };
  useLayoutEffect(() => {
    const redraw = () => latest.current();
    const frame = requestAnimationFrame(redraw);
    return () => cancelAnimationFrame(frame);
  });
  useLayoutEffect(() => {
    const redraw = () => latest.current();
    const queries = [matchMedia("(prefers-color-scheme: dark)"), matchMedia("print")];
    for (const query of queries) query.addEventListener("change", redraw);
    addEventListener("anamo:redraw", redraw);
    return () => {
      for (const query of queries) query.removeEventListener("change", redraw);
      removeEventListener("anamo:redraw", redraw);
    };
  }, []);
  return canvas;
}

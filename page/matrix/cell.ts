import { classAt } from "../model.ts";
import type { Palette } from "./palette.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Cells at least this wide say how many of their tasks are done while they are running. */
const WIDE = 40;

/** One cell: its class as a color and as a sign. */
export function drawCell(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { x, y, width, height }: Box,
  cell: { code: number; share?: { done: number; total: number } | undefined },
): void {
  const found = classAt(cell.code);
  if (!found) return;
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  context.fillStyle = palette.fills[cell.code] ?? palette.ground;
  if (found === "running") {
    drawRunning(context, palette, { x, y, width, height }, cell.share);
    return;
  }
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(2, width / 4));
  context.fill();
  context.lineWidth = 1.5;
  const stroke = (color: string, ...lines: (readonly [number, number, number, number])[]) => {
    context.strokeStyle = color;
    context.beginPath();
    for (const [x1, y1, x2, y2] of lines) {
      context.moveTo(middleX + x1, middleY + y1);
      context.lineTo(middleX + x2, middleY + y2);
    }
    context.stroke();
  };
  const arm = Math.min(3, width / 2 - 1);
  if (found === "failed") stroke(palette.onFailed, [-arm, -arm, arm, arm], [arm, -arm, -arm, arm]);
  if (found === "blocked") stroke(palette.failedText, [-arm, arm, arm, -arm]);
  if (found === "paused") stroke(palette.onPaused, [-2, -3, -2, 3], [2, -3, 2, 3]);
  if (found === "waiting") {
    context.fillStyle = palette.third;
    context.beginPath();
    context.arc(middleX, middleY, 1, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Outlined, and filled to its share; the text has one color on the fill and another outside it. */
function drawRunning(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { x, y, width, height }: Box,
  share: { done: number; total: number } | undefined,
): void {
  const part = share ? share.done / share.total : 0.5;
  const filled = Math.round(width * part);
  context.fillRect(x, y, filled, height);
  context.strokeStyle = palette.runningLine;
  context.lineWidth = 1.5;
  context.strokeRect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
  if (!share || width < WIDE) return;
  const text = `${share.done}/${share.total}`;
  const write = (color: string, from: number, to: number) => {
    context.save();
    context.beginPath();
    context.rect(from, y, to - from, height);
    context.clip();
    context.fillStyle = color;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = CELL_FONT;
    context.fillText(text, x + width / 2, y + height / 2 + 0.5);
    context.restore();
  };
  write("#14181d", x, x + filled);
  write(palette.text, x + filled, x + width);
}

export const CELL_FONT = "11px system-ui, sans-serif";
export const NAME_FONT = "13px system-ui, sans-serif";
export const BOLD_NAME_FONT = "600 13px system-ui, sans-serif";

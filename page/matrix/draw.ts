import type { Model, Row } from "../model.ts";
import { middleCut, shown } from "../text.ts";
import { BOLD_NAME_FONT, CELL_FONT, drawCell, NAME_FONT } from "./cell.ts";
import {
  CELL_HEIGHT,
  cellLeft,
  HEAD_HEIGHT,
  MARK,
  type OverviewLayout,
  overviewPlace,
  ROW_HEIGHT,
  type RowsLayout,
  rowPlace,
} from "./layout.ts";
import type { Palette } from "./palette.ts";

/** What to draw: the rows in their order, starting at one of them, and the marked row. */
export interface Shown {
  rows: readonly Row[];
  first: number;
  /** place in `rows`; -1 if no row is marked */
  cursor: number;
}

type Context = CanvasRenderingContext2D;

export function longestName(context: Context, rows: readonly Row[]): number {
  context.font = BOLD_NAME_FONT;
  // measuring thousands of names takes long, and the one with the most letters is nearly always the widest
  const longest = rows.reduce((found, { name }) => (name.length > found.length ? name : found), "");
  return context.measureText(shown(longest)).width;
}

/** Rows with their names, in columns. */
export function drawRows(context: Context, palette: Palette, model: Model, what: Shown & { layout: RowsLayout }): void {
  const { rows, first, cursor, layout } = what;
  const { stepOrder } = model.report;
  for (let column = 0; column < layout.columns; column++) {
    const x = column * (layout.columnWidth + layout.between);
    drawHeads(context, palette, { names: stepOrder, layout, x });
  }
  const last = Math.min(rows.length, first + layout.rows * layout.columns);
  for (let at = first; at < last; at++) {
    const row = rows[at];
    if (!row) continue;
    const { x, y } = rowPlace(layout, at - first);
    if (at === cursor) {
      context.fillStyle = palette.selected;
      context.fillRect(x - 4, y, layout.columnWidth + 4, ROW_HEIGHT);
    }
    const isFailed = row.worst === 0;
    context.font = isFailed ? BOLD_NAME_FONT : NAME_FONT;
    context.fillStyle = isFailed ? palette.failedText : palette.text;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const fits = (text: string) => context.measureText(text).width <= layout.nameWidth;
    context.fillText(middleCut(shown(row.name), fits), x, y + ROW_HEIGHT / 2 + 0.5);
    for (const [step, code] of row.cells.entries()) {
      const box = {
        x: x + cellLeft(layout, step),
        y: y + (ROW_HEIGHT - CELL_HEIGHT) / 2,
        width: layout.cellWidth,
        height: CELL_HEIGHT,
      };
      drawCell(context, palette, box, { code, share: model.share(row, stepOrder[step] ?? "") });
    }
  }
}

function drawHeads(
  context: Context,
  palette: Palette,
  { names, layout, x }: { names: readonly string[]; layout: RowsLayout; x: number },
): void {
  context.font = CELL_FONT;
  context.fillStyle = palette.third;
  context.textBaseline = "middle";
  const every = layout.cellWidth < 12 ? 5 : 1;
  for (const [step, name] of names.entries()) {
    const left = x + cellLeft(layout, step);
    if (layout.hasNames) {
      context.textAlign = "left";
      const fits = (text: string) => context.measureText(text).width <= layout.cellWidth + layout.gap - 2;
      context.fillText(middleCut(shown(name), fits), left, HEAD_HEIGHT / 2 - 1);
    } else if (every === 1 || step === 0 || (step + 1) % every === 0) {
      context.textAlign = "center";
      context.fillText(String(step + 1), left + layout.cellWidth / 2, HEAD_HEIGHT / 2 - 1);
    }
  }
}

/** What the overview needs in addition to rows. */
export interface OverviewShown {
  rows: readonly Row[];
  isHit: ((row: Row) => boolean) | undefined;
  /** the rows that the list shows, as places in `rows` */
  frame: { from: number; to: number } | undefined;
}

const FAINT = 0.22;
const FAILED = 0;
const BLOCKED = 1;

/** All samples at once. */
export function drawOverview(
  context: Context,
  palette: Palette,
  layout: OverviewLayout,
  { rows, isHit, frame }: OverviewShown,
): void {
  const { cellWidth, rowHeight, perLine, lines, columns } = layout;
  const steps = rows[0]?.cells.length ?? 0;
  context.font = CELL_FONT;
  context.fillStyle = palette.third;
  context.textBaseline = "middle";
  for (let column = 0; column < columns; column++) {
    const { x } = overviewPlace(layout, column * lines);
    context.textAlign = "left";
    context.fillText("1", x + MARK, HEAD_HEIGHT / 2 - 1);
    if (steps * cellWidth < 20) continue;
    context.textAlign = "right";
    context.fillText(String(steps), x + MARK + steps * cellWidth, HEAD_HEIGHT / 2 - 1);
  }
  for (let line = 0; line * perLine < rows.length; line++) {
    const own = rows.slice(line * perLine, (line + 1) * perLine);
    const cells = perLine === 1 ? own[0]?.cells : worstOf(own, steps);
    if (!cells) continue;
    const { x, y } = overviewPlace(layout, line);
    const hit = !isHit || own.some(isHit);
    context.globalAlpha = hit ? 1 : FAINT;
    if (isHit && hit) context.fillStyle = palette.text;
    else context.fillStyle = palette.fills[FAILED] ?? palette.text;
    if ((isHit && hit) || cells.includes(FAILED)) context.fillRect(x, y, MARK - 1, rowHeight);
    drawLine(context, palette, { cells, x: x + MARK, y, cellWidth, rowHeight, alpha: hit ? 1 : FAINT });
  }
  context.globalAlpha = 0.4;
  context.fillStyle = palette.ground;
  if (cellWidth >= 4) {
    for (let column = 0; column < columns; column++) {
      const { x } = overviewPlace(layout, column * lines);
      for (let step = 1; step < steps; step++) {
        context.fillRect(x + MARK + step * cellWidth - 1, HEAD_HEIGHT, 1, lines * rowHeight);
      }
    }
  }
  context.globalAlpha = 1;
  if (frame) drawFrame(context, palette, layout, { ...frame, steps });
}

/** Draws neighbors of one class as one rectangle, which saves most of the work for 3,000 samples. */
function drawLine(
  context: Context,
  palette: Palette,
  line: { cells: Uint8Array; x: number; y: number; cellWidth: number; rowHeight: number; alpha: number },
): void {
  const { cells, x, y, cellWidth, rowHeight, alpha } = line;
  for (let from = 0; from < cells.length; ) {
    let to = from + 1;
    while (to < cells.length && cells[to] === cells[from]) to++;
    const code = cells[from] ?? 0;
    // blocked cells have no room for their sign here, so they look like a failed one in a weaker tone
    const fill = palette.fills[code === BLOCKED ? FAILED : code];
    if (fill) {
      context.globalAlpha = code === BLOCKED ? alpha * 0.4 : alpha;
      context.fillStyle = fill;
      context.fillRect(x + from * cellWidth, y, (to - from) * cellWidth, rowHeight);
    }
    from = to;
  }
  context.globalAlpha = alpha;
}

function worstOf(rows: readonly Row[], steps: number): Uint8Array {
  const worst = new Uint8Array(steps).fill(255);
  for (const { cells } of rows) {
    for (const [step, code] of cells.entries()) if (code < (worst[step] ?? 255)) worst[step] = code;
  }
  return worst;
}

/** Where the list is. It may extend beyond the end of a column. */
function drawFrame(
  context: Context,
  palette: Palette,
  layout: OverviewLayout,
  { from, to, steps }: { from: number; to: number; steps: number },
): void {
  const { lines, perLine, rowHeight, cellWidth } = layout;
  context.strokeStyle = palette.text;
  context.lineWidth = 1.5;
  const [first, last] = [Math.floor(from / perLine), Math.floor(Math.max(from, to - 1) / perLine)];
  for (let line = first; line <= last; ) {
    const end = Math.min(last, (Math.floor(line / lines) + 1) * lines - 1);
    const { x, y } = overviewPlace(layout, line);
    const height = Math.max(3, (end - line + 1) * rowHeight);
    context.strokeRect(x - 1, y - 1, MARK + steps * cellWidth + 2, height + 2);
    line = end + 1;
  }
}

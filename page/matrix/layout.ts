/* Where the rows of the matrix are. Sizes are in CSS pixels. */

export const ROW_HEIGHT = 22;
export const CELL_HEIGHT = 16;
export const HEAD_HEIGHT = 22;
const GAP = 4;
const NAME_GAP = 8;
const [LEAST_NAME, MOST_NAME] = [60, 208];
const [LEAST_BETWEEN, MOST_BETWEEN] = [32, 48];
/** With more steps than this, cells are narrow and have numbers instead of names. */
const MOST_NAMED_STEPS = 8;

/** Rows of readable size, in columns like those of a newspaper. */
export interface RowsLayout {
  nameWidth: number;
  cellWidth: number;
  gap: number;
  columns: number;
  /** how many rows each column has */
  rows: number;
  columnWidth: number;
  between: number;
  height: number;
  hasNames: boolean;
}

export function layoutRows(
  width: number,
  { rows: count, steps, longestName, isList }: { rows: number; steps: number; longestName: number; isList: boolean },
): RowsLayout {
  const hasNames = steps <= MOST_NAMED_STEPS && !isList;
  const nameWidth = Math.min(MOST_NAME, Math.max(LEAST_NAME, Math.ceil(longestName)), Math.floor(width / 2));
  const wanted = hasNames ? 60 : isList ? 32 : 14;
  // the space that is left for the cells decides how narrow they get
  const room = Math.floor((width - nameWidth - NAME_GAP) / Math.max(1, steps));
  const gap = room < 8 ? 1 : GAP;
  const cellWidth = Math.max(2, Math.min(wanted, room - gap));
  const columnWidth = nameWidth + NAME_GAP + steps * (cellWidth + gap);
  const fitting = isList ? 1 : Math.floor((width + LEAST_BETWEEN) / (columnWidth + LEAST_BETWEEN));
  const columns = Math.max(1, Math.min(fitting, count));
  const rows = Math.ceil(count / columns);
  const free = columns > 1 ? (width - columns * columnWidth) / (columns - 1) : 0;
  const between = Math.floor(Math.min(MOST_BETWEEN, Math.max(LEAST_BETWEEN, free)));
  return {
    nameWidth,
    cellWidth,
    gap,
    columns,
    rows,
    columnWidth,
    between,
    height: HEAD_HEIGHT + rows * ROW_HEIGHT,
    hasNames,
  };
}

export function cellLeft({ nameWidth, cellWidth, gap }: RowsLayout, step: number): number {
  return nameWidth + NAME_GAP + step * (cellWidth + gap);
}

export function rowPlace({ rows, columnWidth, between }: RowsLayout, at: number): { x: number; y: number } {
  const column = Math.floor(at / rows);
  return { x: column * (columnWidth + between), y: HEAD_HEIGHT + (at % rows) * ROW_HEIGHT };
}

/** The row at a point; -1 if there is none. */
export function rowAt({ rows, columns, columnWidth, between }: RowsLayout, x: number, y: number): number {
  const column = Math.floor(x / (columnWidth + between));
  const line = Math.floor((y - HEAD_HEIGHT) / ROW_HEIGHT);
  if (column < 0 || column >= columns || line < 0 || line >= rows) return -1;
  return column * rows + line;
}

/** All samples at once, a few pixels each. */
export interface OverviewLayout {
  cellWidth: number;
  rowHeight: number;
  columns: number;
  /** lines per column */
  lines: number;
  columnWidth: number;
  /** how many samples share a line */
  perLine: number;
  height: number;
}

const MOST_HEIGHT = 560;
export const MARK = 6;
const COLUMN_GAP = 12;
const ROW_HEIGHTS = [8, 6, 4, 3, 2];

export function layoutOverview(width: number, { rows: count, steps }: { rows: number; steps: number }): OverviewLayout {
  const sizeOf = (cellWidth: number) => {
    const columnWidth = MARK + steps * cellWidth + COLUMN_GAP;
    const columns = Math.max(1, Math.floor((width + COLUMN_GAP) / columnWidth));
    return { cellWidth, columnWidth, columns, lines: Math.ceil(count / columns) };
  };
  const widths = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map(sizeOf);
  const found =
    widths.find(({ lines, cellWidth }) => lines * 2 <= MOST_HEIGHT && cellWidth >= 3) ??
    widths.find(({ cellWidth, columnWidth }) => cellWidth <= 3 && columnWidth <= width) ??
    sizeOf(1);
  const perLine = Math.max(1, Math.ceil(found.lines / MOST_HEIGHT));
  const lines = Math.ceil(Math.ceil(count / perLine) / found.columns);
  const rowHeight = ROW_HEIGHTS.find((height) => lines * height <= MOST_HEIGHT) ?? 1;
  const columns = Math.max(1, Math.ceil(Math.ceil(count / perLine) / lines));
  return { ...found, columns, lines, rowHeight, perLine, height: HEAD_HEIGHT + lines * rowHeight };
}

export function overviewPlace(
  { lines, columnWidth, rowHeight }: OverviewLayout,
  line: number,
): { x: number; y: number } {
  return { x: Math.floor(line / lines) * columnWidth, y: HEAD_HEIGHT + (line % lines) * rowHeight };
}

/** The line of the overview at a point; -1 if there is none. */
export function lineAt({ lines, columns, columnWidth, rowHeight }: OverviewLayout, x: number, y: number): number {
  const column = Math.floor(x / columnWidth);
  const line = Math.floor((y - HEAD_HEIGHT) / rowHeight);
  if (column < 0 || column >= columns || line < 0 || line >= lines) return -1;
  return column * lines + line;
}

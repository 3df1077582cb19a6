import { useEffect, useRef, useState } from "preact/hooks";
import { classAt, type Model, type Row } from "../model.ts";
import { shown } from "../text.ts";
import { drawOverview, drawRows, longestName } from "./draw.ts";
import {
  cellLeft,
  HEAD_HEIGHT,
  layoutOverview,
  layoutRows,
  lineAt,
  ROW_HEIGHT,
  type RowsLayout,
  rowAt,
  rowPlace,
} from "./layout.ts";
import { useCanvas } from "./use-canvas.ts";

/** What all views of rows need. */
interface RowsProps {
  model: Model;
  rows: readonly Row[];
  cursor: number;
  width: number;
  onMove: (to: number) => void;
  onOpen: (row: Row | undefined) => void;
}

const LIST_ROWS = 22;

function measure(rows: readonly Row[]): number {
  const context = document.createElement("canvas").getContext("2d");
  return context ? longestName(context, rows) : 120;
}

function layoutOf({ model, rows, width }: RowsProps, isList: boolean): RowsLayout {
  // a list has a scroll bar
  return layoutRows(isList ? width - 16 : width, {
    rows: isList ? Math.min(LIST_ROWS, rows.length) : rows.length,
    steps: model.report.stepOrder.length,
    longestName: measure(isList ? model.rows : rows),
    isList,
  });
}

/** All rows, in columns like those of a newspaper. */
export function Newspaper(props: RowsProps) {
  const { model, rows, cursor, width, onMove } = props;
  const layout = layoutOf(props, false);
  const canvas = useCanvas({ width, height: layout.height }, (context, palette) =>
    drawRows(context, palette, model, { rows, first: 0, cursor, layout }),
  );
  const [tip, setTip] = useState("");
  return (
    <Keyboard {...props} sideways={layout.rows}>
      <canvas
        ref={canvas}
        onClick={(event) => {
          const at = rowAt(layout, event.offsetX, event.offsetY);
          if (rows[at]) onMove(at);
          props.onOpen(rows[at]);
        }}
        onMouseMove={(event) => setTip(tipOf(props, layout, { x: event.offsetX, y: event.offsetY, first: 0 }))}
        onMouseLeave={() => setTip("")}
        title={tip || undefined}
      />
    </Keyboard>
  );
}

/** Some of many rows: the browser scrolls, and the canvas stays in view. */
export function List(props: RowsProps & { first: number; onFirst: (first: number) => void }) {
  const { model, rows, cursor, width, first, onFirst } = props;
  const layout = layoutOf(props, true);
  const height = layout.height;
  const canvas = useCanvas({ width: width - 16, height }, (context, palette) =>
    drawRows(context, palette, model, { rows, first, cursor, layout }),
  );
  const [tip, setTip] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = scroller;
    if (current && Math.floor(current.scrollTop / ROW_HEIGHT) !== first) current.scrollTop = first * ROW_HEIGHT;
  }, [first]);
  // scroll only when the cursor moves, not because of scrolling itself
  useEffect(() => {
    if (cursor < 0) return;
    if (cursor < first) onFirst(cursor);
    else if (cursor >= first + LIST_ROWS) onFirst(cursor - LIST_ROWS + 1);
  }, [cursor]);
  return (
    <Keyboard {...props} sideways={LIST_ROWS}>
      <div
        class="scroller"
        ref={scroller}
        style={{ width: `${width}px`, height: `${height}px` }}
        onScroll={(event) => onFirst(Math.floor(event.currentTarget.scrollTop / ROW_HEIGHT))}
      >
        <div style={{ height: `${height + Math.max(0, rows.length - LIST_ROWS) * ROW_HEIGHT}px` }}>
          <canvas
            class="sticky"
            ref={canvas}
            onClick={(event) => {
              const at = rowAt(layout, event.offsetX, event.offsetY);
              if (at < 0 || !rows[first + at]) return;
              props.onMove(first + at);
              props.onOpen(rows[first + at]);
            }}
            onMouseMove={(event) => setTip(tipOf(props, layout, { x: event.offsetX, y: event.offsetY, first }))}
            onMouseLeave={() => setTip("")}
            title={tip || undefined}
          />
        </div>
      </div>
    </Keyboard>
  );
}

/** Arrows move, Enter opens: the same in all views of rows. */
function Keyboard(props: RowsProps & { sideways: number; children: preact.ComponentChildren }) {
  const { rows, cursor, onMove, onOpen, sideways, children } = props;
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    j: 1,
    k: -1,
    ArrowRight: sideways,
    ArrowLeft: -sideways,
    PageDown: sideways,
    PageUp: -sideways,
  };
  return (
    <div
      class="cells"
      role="application"
      aria-label={`Matrix of ${rows.length} samples by steps. Arrows move, Enter opens a sample. Below is a button that shows a table instead.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows work here
      tabIndex={0}
      onKeyDown={(event) => {
        const move = moves[event.key];
        if (event.key === "Enter") onOpen(rows[Math.max(0, cursor)]);
        else if (event.key === "Home") onMove(0);
        else if (event.key === "End") onMove(rows.length - 1);
        else if (move !== undefined && !event.metaKey && !event.ctrlKey) onMove(cursor < 0 ? 0 : cursor + move);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {children}
    </div>
  );
}

/** One line about the cell under the pointer. */
function tipOf(
  { model, rows }: RowsProps,
  layout: RowsLayout,
  { x, y, first }: { x: number; y: number; first: number },
): string {
  const at = rowAt(layout, x, y);
  const row = rows[first + at];
  if (at < 0 || !row) return "";
  const left = x - rowPlace(layout, at).x - cellLeft(layout, 0);
  const step = Math.floor(left / (layout.cellWidth + layout.gap));
  const name = model.report.stepOrder[step];
  const found = classAt(row.cells[step]);
  return left < 0 || name === undefined || !found ? shown(row.name) : `${shown(row.name)}, ${shown(name)}: ${found}`;
}

interface OverviewProps {
  model: Model;
  rows: readonly Row[];
  isHit: ((row: Row) => boolean) | undefined;
  frame: { from: number; to: number } | undefined;
  width: number;
  onPick: (row: Row) => void;
}

/** All samples at once. The list, which can be reached by keyboard, shows the same. */
export function Overview({ model, rows, isHit, frame, width, onPick }: OverviewProps) {
  const layout = layoutOverview(width, { rows: rows.length, steps: model.report.stepOrder.length });
  const canvas = useCanvas({ width, height: Math.max(layout.height + 2, HEAD_HEIGHT) }, (context, palette) =>
    drawOverview(context, palette, layout, { rows, isHit, frame }),
  );
  return (
    <>
      <canvas
        ref={canvas}
        class="overview"
        role="img"
        aria-label="All samples at once, with the same content as the list"
        onClick={(event) => {
          const line = lineAt(layout, event.offsetX, event.offsetY);
          const row = line < 0 ? undefined : rows[line * layout.perLine];
          if (row) onPick(row);
        }}
      />
      {layout.perLine > 1 && (
        <p class="note">A line stands for {layout.perLine} samples and shows the worst state of each step.</p>
      )}
    </>
  );
}

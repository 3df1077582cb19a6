import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { COMMANDS } from "../lib/report/commands.ts";
import type { ItemClass } from "../lib/report/report.ts";
import { useWidth } from "./matrix/use-canvas.ts";
import { List, Newspaper, Overview } from "./matrix/views.tsx";
import { classAt, isFiltered, type Model, type Row, type View } from "./model.ts";
import { CommandLine, CopyButton, Name, Region, Sign } from "./parts.tsx";
import { SampleTable } from "./sample-table.tsx";
import { count, counted, shown } from "./text.ts";

/** Up to this many samples all fit as readable rows. */
const MOST_READABLE = 200;
const LIST_WIDTH = 472;
const BETWEEN = 40;

interface SamplesProps {
  model: Model;
  view: View;
  onView: (change: Partial<View>) => void;
}

export function Samples({ model, view, onView }: SamplesProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [isTable, setTable] = useState(false);
  const [cursor, setCursor] = useState(-1);
  const [firstShown, setFirstShown] = useState(0);
  const ordered = model.inOrder(view.order);
  const isHit = useMemo(() => (isFiltered(view) ? model.matcher(view) : undefined), [model, view]);
  const rows = useMemo(() => (isHit ? ordered.filter(isHit) : ordered), [ordered, isHit]);
  const { samples, stepOrder, matrix } = model.report;
  const open = view.sample;
  useEffect(() => setFirstShown(0), [rows]);
  // before the next key: an effect after painting would undo what it does
  useLayoutEffect(() => setCursor(open === undefined ? -1 : rows.findIndex(({ name }) => name === open)), [open, rows]);
  if (samples.total === 0) return null;
  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setCursor(next);
    if (open !== undefined) onView({ sample: rows[next]?.name });
  };
  const openRow = (row: Row | undefined) => row && onView({ sample: row.name });
  const shared = { model, rows, cursor, onMove: move, onOpen: openRow };
  const isSmall = ordered.length <= MOST_READABLE;
  const hasOverview = width >= LIST_WIDTH + 300;
  return (
    <Region id="samples" title="Samples">
      <Controls model={model} view={view} onView={onView} rows={rows} />
      <p class="hidden" aria-live="polite">
        {rows[cursor] ? describe(model, rows[cursor]) : ""}
      </p>
      <div ref={box} class="matrix">
        {isTable ? (
          <SampleTable model={model} rows={rows} onOpen={openRow} />
        ) : rows.length === 0 ? (
          <p class="note">No sample matches. {isFiltered(view) && "Press x to show all."}</p>
        ) : isSmall ? (
          <Newspaper {...shared} width={width} />
        ) : (
          <>
            <div>
              <p class="note">
                Samples {count(firstShown + 1)} – {count(Math.min(rows.length, firstShown + 22))} of{" "}
                {count(rows.length)} in this order; step numbers as above
              </p>
              <List {...shared} width={hasOverview ? LIST_WIDTH : width} first={firstShown} onFirst={setFirstShown} />
            </div>
            {hasOverview && (
              <div>
                <p class="note">
                  All {count(ordered.length)} samples in the same order, down and then to the right. A mark at the left:{" "}
                  {isHit ? "shown in the list" : "something failed"}.
                </p>
                <Overview
                  model={model}
                  rows={ordered}
                  isHit={isHit}
                  frame={isHit ? undefined : { from: firstShown, to: firstShown + 22 }}
                  width={width - LIST_WIDTH - BETWEEN}
                  onPick={(row) => {
                    const at = rows.indexOf(row);
                    if (at >= 0) setFirstShown(Math.max(0, Math.min(rows.length - 22, at - 10)));
                    openRow(row);
                  }}
                />
              </div>
            )}
          </>
        )}
      </div>
      {matrix.leftOut > 0 && (
        <p class="note">{counted(matrix.leftOut, "sample")} more, all done, left out because there are so many.</p>
      )}
      <p class="note under">
        <button type="button" class="action" onClick={() => setTable(!isTable)}>
          {isTable ? "Show as a matrix" : "Show as a table"}
        </button>
        {stepOrder.length > 0 && !isTable && " · ↑ ↓ move, Enter opens, / finds, f shows failures, x shows all"}
      </p>
    </Region>
  );
}

function describe({ report }: Model, { name, cells }: Row): string {
  const states = report.stepOrder.flatMap((step, at) => {
    const found = classAt(cells[at]);
    return found && found !== "done" ? [`${shown(step)}: ${found}`] : [];
  });
  return `${shown(name)}, ${states.length === 0 ? "all done" : states.join(", ")}`;
}

function Controls({ model, view, onView, rows }: SamplesProps & { rows: readonly Row[] }) {
  const { samples } = model.report;
  const line = commandOf(model, view);
  const isNarrowed = view.classes.length > 0 || view.step !== undefined || view.group !== undefined;
  return (
    <div class="controls">
      <input
        id="find"
        type="search"
        aria-label="Find a sample: its name or a part of it"
        placeholder="Find a sample: name or part of it"
        value={view.text}
        onInput={(event) => onView({ text: event.currentTarget.value })}
      />
      <kbd>/</kbd>
      <select
        aria-label="Order of the samples"
        value={view.order}
        onChange={(event) => onView({ order: event.currentTarget.value === "name" ? "name" : "problems" })}
      >
        <option value="problems">Problems first, then furthest behind</option>
        <option value="name">By name</option>
      </select>
      {isNarrowed && (
        <button
          type="button"
          class="chip filter"
          onClick={() => onView({ classes: [], step: undefined, group: undefined })}
        >
          {view.classes.map((name) => (
            <Sign key={name} of={name} />
          ))}
          <span>
            <FilterText model={model} view={view} />: <b>{count(rows.length)}</b> of {counted(samples.total, "sample")}
          </span>
          <span class="hidden">. Show all again</span>
          <span aria-hidden="true">✕</span>
        </button>
      )}
      {isFiltered(view) && rows.length > 0 && (
        <CopyButton text={rows.map(({ name }) => name).join("\n")} what="names">
          Copy {counted(rows.length, "name")}
        </CopyButton>
      )}
      {line && <CommandLine line={line} />}
    </div>
  );
}

function FilterText({ model, view: { classes, step, group } }: { model: Model; view: View }) {
  const found = model.group(group);
  if (group !== undefined) return <>{found ? `the same failure in ${shown(found.step)}` : "a group of failures"}</>;
  const what = classes.length > 0 ? classes.join(", ") : "with items";
  return (
    <>
      {what}
      {step !== undefined && (
        <>
          {" in "}
          <b>
            <Name text={step} />
          </b>
        </>
      )}
    </>
  );
}

const STATES: Readonly<Partial<Record<ItemClass, string>>> = { failed: "failed", running: "locked", done: "done" };

/** The command that lists the same items; for waiting, paused and blocked items, no states match exactly. */
function commandOf({ report: { place } }: Model, { classes, step, group }: View): string | undefined {
  if (group !== undefined) return COMMANDS.resetGroup(place, group);
  const states = classes.map((name) => STATES[name]);
  if (states.length === 0 ? step === undefined : states.includes(undefined)) return undefined;
  return COMMANDS.inState(
    place,
    states.flatMap((state) => state ?? []),
    step,
  );
}

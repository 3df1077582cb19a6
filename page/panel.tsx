import { useEffect, useRef } from "preact/hooks";
import { isUnstarted } from "../lib/failures/cause-text.ts";
import { COMMANDS } from "../lib/report/commands.ts";
import type { RegionProps } from "./answer.tsx";
import { causeText, hintOf } from "./failures.tsx";
import { CLASS_NAMES, classAt, type Model, type Row } from "./model.ts";
import { Action, CommandLine, Name, Region, Sign } from "./parts.tsx";
import { count, counted, duration, shown } from "./text.ts";

/** One sample: its steps, why it failed, and what to type. Not modal: arrow keys move on to the next sample. */
export function Panel({ model, row, now, onView }: Omit<RegionProps, "report"> & { model: Model; row: Row }) {
  const { report } = model;
  const { place } = report;
  const heading = useRef<HTMLHeadingElement>(null);
  const hasFailed = row.worst === 0;
  useEffect(() => heading.current?.focus({ preventScroll: true }), [row.name]);
  return (
    <aside class="panel" aria-label={`Sample ${shown(row.name)}`}>
      <header>
        <h2 tabIndex={-1} ref={heading}>
          <Name text={row.name} />
        </h2>
        <button type="button" class="close" onClick={() => onView({ sample: undefined })}>
          Close <kbd>Esc</kbd>
        </button>
      </header>
      <p class="note">
        {count(row.done)} of {counted(row.cells.filter((code) => classAt(code)).length, "step")} done
      </p>
      <table>
        <tbody>
          {report.stepOrder.map((step, column) => {
            const found = classAt(row.cells[column]);
            return (
              found && (
                <tr key={step}>
                  <th scope="row" class="step">
                    <span class="number">{column + 1}</span>
                    <Name text={step} />
                  </th>
                  <td>
                    <Sign of={found} /> {CLASS_NAMES[found]}
                  </td>
                  <td class="n note">{detailOf(model, { row, step }, now)}</td>
                </tr>
              )
            );
          })}
        </tbody>
      </table>
      {hasFailed && <FailuresOf model={model} row={row} onView={onView} />}
      <div class="commands">
        <p>Everything about its items</p>
        <CommandLine line={COMMANDS.itemsOf(place, row.name)} />
        {hasFailed && (
          <>
            <p>Go on without this sample</p>
            <CommandLine line={COMMANDS.deleteSample(place, row.name)} />
          </>
        )}
      </div>
    </aside>
  );
}

/** What a step of a sample is doing, or waiting for. */
function detailOf({ report }: Model, { row, step }: { row: Row; step: string }, now: number): string {
  const found = classAt(row.cells[report.stepOrder.indexOf(step)]);
  const own = report.running.find((item) => item.taskID === row.name && item.step === step);
  if (found === "running" && own) {
    const tasks = own.tasks ? `${own.tasks.done} of ${own.tasks.total} tasks, ` : "";
    return `${tasks}for ${duration(Math.max(0, now - Date.parse(own.since)))}`;
  }
  if (found !== "waiting" && found !== "blocked") return "";
  const unfinished = (report.steps[step]?.after ?? []).filter((before) => {
    const state = classAt(row.cells[report.stepOrder.indexOf(before)]);
    return state !== undefined && state !== "done";
  });
  return unfinished.length > 0 ? `needs ${unfinished.map(shown).join(", ")}` : "";
}

function FailuresOf({ model, row, onView }: { model: Model; row: Row; onView: RegionProps["onView"] }) {
  const { report } = model;
  const own = report.failures.items.filter(([, sample]) => sample === row.name);
  return (
    <>
      {own.map(([itemID, , step, at]) => {
        const group = report.failures.groups[at];
        const example = group?.examples.find((one) => one.itemID === itemID);
        return (
          <Region
            key={itemID}
            id={`failure-${own.findIndex(([id]) => id === itemID)}`}
            title={`${shown(step)} ${group ? causeText(group) : "failed"}`}
            {...(group?.exitCode !== undefined && { note: `exit ${group.exitCode}` })}
          >
            {example?.message && (
              <p>
                <Name text={example.message} />
              </p>
            )}
            {(example || group?.line) && (
              <pre>{(example?.logTail || group?.line || "").split("\n").map(shown).join("\n")}</pre>
            )}
            {group && group.items > 1 && (
              <p class="note">
                The same cause:{" "}
                <Action onClick={() => onView({ group: group.id, classes: [], step: undefined })}>
                  {counted(group.items - 1, "other item")}
                </Action>
                {hintOf(group) && ` · ${hintOf(group)}`}
              </p>
            )}
            {example?.script && (
              <details>
                <summary>Its script</summary>
                <pre>{example.script.split("\n").map(shown).join("\n")}</pre>
              </details>
            )}
            {(!example?.script || (group && isUnstarted(group))) && (
              <>
                <p>Its script and its attempts</p>
                <CommandLine line={COMMANDS.show(report.place, itemID)} />
              </>
            )}
            {!(group && isUnstarted(group)) && (
              <>
                <p>See the whole log</p>
                <CommandLine line={COMMANDS.look(report.place, itemID)} />
              </>
            )}
            <p>Run it again</p>
            <CommandLine line={COMMANDS.reset(report.place, itemID)} />
          </Region>
        );
      })}
    </>
  );
}

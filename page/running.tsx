import type { RegionProps } from "./answer.tsx";
import { Action, Name, Region, Warning } from "./parts.tsx";
import { count, counted, duration, short } from "./text.ts";

export function Running({ report, now, onView }: RegionProps) {
  const { running, items, steps, failures, workers } = report;
  const p95Of = (step: string) => steps[step]?.runSeconds?.p95;
  const ageOf = (since: string) => Math.max(0, Date.parse(report.summary.at) - Date.parse(since));
  const slow = running.filter(({ step, since }) => {
    const p95 = p95Of(step);
    return p95 !== undefined && ageOf(since) > p95 * 1_000;
  }).length;
  const note =
    items.running === 0
      ? "nothing"
      : [
          counted(items.running, "item"),
          // by the time the rows were read, all running items may have ended
          ...(running.length === 0
            ? []
            : [
                slow > 0
                  ? `${count(slow)} take${slow === 1 ? "s" : ""} longer than 95 % of their step did`
                  : running.every(({ step }) => p95Of(step) === undefined)
                    ? "what is usual is known once some have ended"
                    : "none takes longer than usual",
              ]),
          ...(workers.silent > 0 ? [`${count(workers.silent)} silent`] : []),
        ].join(", ");
  if (items.running === 0) return null;
  return (
    <Region id="running" title="Running now" note={note}>
      {running.length > 0 && (
        <table class="running">
          <thead>
            <tr>
              <th>longest for its step</th>
              <th>step</th>
              <th class="n">for</th>
              <th class="n wide">95 % took less than</th>
              <th class="wide">on</th>
              <th>last heard</th>
            </tr>
          </thead>
          <tbody>
            {running
              .slice(0, failures.groups.length > 0 ? 4 : 8)
              .map(({ itemID, taskID, step, since, worker, heardAt, isSilent, tasks }) => {
                const p95 = p95Of(step);
                return (
                  <tr key={itemID}>
                    <td>
                      <Action onClick={() => onView({ sample: taskID })}>
                        <Name text={taskID} />
                      </Action>
                    </td>
                    <td>
                      <Name text={step} />{" "}
                      {tasks && (
                        <span class="note">
                          {count(tasks.done)}/{count(tasks.total)}
                        </span>
                      )}
                    </td>
                    <td class="n">{duration(ageOf(since))}</td>
                    <td class="n wide note">{p95 === undefined ? "–" : short(p95 * 1_000)}</td>
                    <td class="wide worker" title={worker}>
                      <Name text={worker.length > 16 ? `…${worker.slice(-14)}` : worker} />
                    </td>
                    <td>
                      {isSilent && <Warning />}{" "}
                      {heardAt ? `${duration(Math.max(0, now - Date.parse(heardAt)))} ago` : "–"}
                    </td>
                  </tr>
                );
              })}
          </tbody>
        </table>
      )}
    </Region>
  );
}

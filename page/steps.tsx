import { endsText } from "../lib/ends-text.ts";
import type { ExpectedRange } from "../lib/progress/expected-range.ts";
import { COMMANDS } from "../lib/report/commands.ts";
import type { ItemClass, Report } from "../lib/report/report.ts";
import type { RegionProps } from "./answer.tsx";
import { Action, Bar, CommandLine, Name, Region, Sign } from "./parts.tsx";
import { count, counted, moment, rate, shown } from "./text.ts";

/** With at least this many steps, neighboring steps that are all done, or have not begun, share one row. */
const FOLDS_FROM = 15;

export function Steps({ report, now, onView }: RegionProps) {
  const [...rows] = foldedSteps(report);
  const hasBlocked = report.items.blocked > 0;
  const columns = hasBlocked ? 9 : 8;
  return (
    <Region id="steps" title="Steps" note="in the order of the workflow">
      <table class="steps">
        <thead>
          <tr>
            <th>step</th>
            <th>
              <span class="hidden">progress</span>
            </th>
            <th class="n">done</th>
            <th class="n wide">running</th>
            <th class="n">left</th>
            {hasBlocked && <th class="n wide">blocked</th>}
            <th class="n">failed</th>
            <th class="n wide">an hour</th>
            <th>{report.endedAt ? "ended" : "expected end"}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) =>
            "step" in row ? (
              <StepRows key={row.step} {...row} report={report} now={now} onView={onView} />
            ) : (
              <tr key={row.text}>
                <td colSpan={columns} class="note">
                  {row.text}
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </Region>
  );
}

function StepRows({ step, at, report, now, onView }: RegionProps & { step: string; at: number }) {
  const { items, endedAt } = report.steps[step] ?? NO_STEP;
  const counts = report.summary.steps[step];
  const paused = report.summary.paused[step];
  const total = Object.values(items).reduce((sum, n) => sum + n, 0);
  const left = total - items.done - items.failed;
  const label = `${shown(step)}: ${items.done} done, ${items.running} running, ${items.blocked} blocked, ${items.failed} failed of ${total}`;
  const of = (classes: readonly ItemClass[], n: number) =>
    n === 0 ? (
      <span class="note">0</span>
    ) : (
      <Action
        onClick={() => onView({ classes, step, group: undefined })}
        label={`${classes.join(", ")} in ${shown(step)}: ${count(n)}`}
      >
        {count(n)}
      </Action>
    );
  const perHour = counts?.throughput?.itemsPerHour;
  const isMoving = perHour !== undefined && left > items.blocked && !paused;
  return (
    <>
      <tr class={paused ? "has-more" : undefined}>
        <th scope="row" class="step">
          <span class="number">{at + 1}</span>
          <Action onClick={() => onView({ classes: [], step, group: undefined })}>
            <Name text={step} />
          </Action>
        </th>
        <td class="bar-cell">{total > 0 && <Bar items={items} label={label} />}</td>
        <td class="n">{of(["done"], items.done)}</td>
        <td class="n wide">{of(["running"], items.running)}</td>
        <td class="n">{of(["running", "waiting", "paused", "blocked"], left)}</td>
        {report.items.blocked > 0 && <td class="n wide">{of(["blocked"], items.blocked)}</td>}
        <td class="n">
          {items.failed > 0 && <Sign of="failed" />} {of(["failed"], items.failed)}
        </td>
        <td class="n wide">{isMoving ? rate(perHour) : <span class="note">–</span>}</td>
        <td>
          {paused ? (
            <span class="paused">
              <Sign of="paused" /> paused
            </span>
          ) : (
            <EndOf
              expected={counts?.endsBetween}
              at={report.summary.at}
              endedAt={endedAt}
              unknown={total === 0 ? "no items yet" : left > 0 && left === items.blocked ? "blocked" : "not known yet"}
              now={now}
            />
          )}
        </td>
      </tr>
      {paused && (
        <tr class="more">
          <td colSpan={report.items.blocked > 0 ? 9 : 8}>
            <span class="paused">
              since {moment(paused.since, now)}, by {paused.by}: <Name text={paused.why} />
              {paused.trial && " Fix it first, then"}
            </span>{" "}
            <CommandLine line={COMMANDS.resume(report.place, step)} />
          </td>
        </tr>
      )}
    </>
  );
}

function EndOf({
  expected,
  at,
  endedAt,
  unknown,
  now,
}: {
  expected?: ExpectedRange;
  /** when that was forecast */
  at: string;
  endedAt?: string;
  /** what to show if nothing is known */
  unknown: string;
  now: number;
}) {
  if (endedAt) return <>{moment(endedAt, now)}</>;
  if (expected) {
    const { from, to } = endsText(expected, Date.parse(at));
    return (
      <span class="end">
        {from} – {to}
      </span>
    );
  }
  return <span class="note">{unknown}</span>;
}

const NO_STEP: Report["steps"][string] = {
  items: { failed: 0, blocked: 0, paused: 0, running: 0, waiting: 0, done: 0 },
  after: [],
};

type Row = { step: string; at: number } | { text: string };

/** Steps with running, paused or failed items never fold. */
function foldedSteps({ stepOrder, steps }: Report): Row[] {
  const all = stepOrder.map((step, at) => ({ step, at }));
  if (all.length < FOLDS_FROM) return all;
  const kindOf = (step: string) => {
    const { items } = steps[step] ?? NO_STEP;
    if (items.running + items.paused + items.failed + items.blocked > 0) return undefined;
    if (items.waiting === 0) return "all done";
    return items.done === 0 ? "not begun" : undefined;
  };
  const rows: Row[] = [];
  for (let at = 0; at < all.length; ) {
    const kind = kindOf(stepOrder[at] ?? "");
    let end = at + 1;
    while (kind && end < all.length && kindOf(stepOrder[end] ?? "") === kind) end++;
    if (end - at > 1) rows.push({ text: `${at + 1}–${end}: ${counted(end - at, "step")}, ${kind}` });
    else rows.push({ step: stepOrder[at] ?? "", at });
    at = end;
  }
  return rows;
}

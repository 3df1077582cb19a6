import { endsText } from "../lib/ends-text.ts";
import { COMMANDS, commandLine, type Place } from "../lib/report/commands.ts";
import type { Report } from "../lib/report/report.ts";
import { READING_ORDER, type View } from "./model.ts";
import { Action, Bar, CommandLine, Name, Sign, Warning } from "./parts.tsx";
import { count, counted, duration, moment, percent, shown } from "./text.ts";

/* The top of the page: the state, what is done and what needs attention, and the counts. */

export const STATE_NAMES: Readonly<Record<Report["state"], [sign: string, name: string]>> = {
  empty: ["○", "Nothing to do yet"],
  starting: ["▶", "Starting"],
  running: ["▶", "Running"],
  idle: ["○", "Nobody works"],
  paused: ["‖", "Paused"],
  stopping: ["■", "Stopping"],
  failed: ["×", "Done with failures"],
  done: ["✓", "Done"],
};

/** `onView` changes what the matrix shows. */
export interface RegionProps {
  report: Report;
  now: number;
  onView: (change: Partial<View>) => void;
}

export function Answer({ report, now, onView }: RegionProps) {
  return (
    <div class="answer">
      <div>
        <h1>
          {headline(report)} <span class="note">{afterHeadline(report, now)}</span>
        </h1>
        <Problems report={report} now={now} onView={onView} />
      </div>
      <Facts report={report} now={now} />
    </div>
  );
}

export function headline({ samples: { total, done, failed }, state, items }: Report): string {
  if (total === 0) return "Nothing to do yet.";
  if (total === 1)
    return done === 1
      ? "The one sample is done."
      : failed === 1
        ? "The one sample failed."
        : "The one sample is not done yet.";
  const left = Object.values(items).reduce((sum, n) => sum + n, 0) - items.done;
  if (done === total && left > 0)
    return `All ${count(total)} samples are done, ${counted(left, "item")} that join${left === 1 ? "s" : ""} them ${left === 1 ? "is" : "are"} not.`;
  if (done === total) return `All ${count(total)} samples are done.`;
  if (state === "failed")
    return `${count(done)} of ${count(total)} samples are done, ${count(total - done)} ${total - done === 1 ? "is" : "are"} not.`;
  if (done === 0) return `None of ${count(total)} samples is done yet.`;
  return `${count(done)} of ${count(total)} samples are done, ${count(total - done)} ${total - done === 1 ? "is" : "are"} left.`;
}

function afterHeadline({ samples, state, startedAt, endedAt }: Report, now: number): string {
  if (state === "done" && endedAt) return `Finished ${moment(endedAt, now)}.`;
  return samples.done === 0 && startedAt && samples.total > 0
    ? `Started ${duration(now - Date.parse(startedAt))} ago.`
    : "";
}

function Problems({ report, now, onView }: RegionProps) {
  const { items, place, summary, state, workers } = report;
  const paused = Object.entries(summary.paused);
  const held = summary.items.held;
  const ready = items.waiting;
  return (
    <ul class="problems">
      {state === "empty" && (
        <li>
          <CommandLine
            label="Import a list"
            line={commandLine(place, place.isLocal ? ["run"] : ["import"], { operands: ["tasks.txt"] })}
          />
        </li>
      )}
      {items.failed > 0 && (
        <li class="failed">
          <Sign of="failed" />
          <Action onClick={() => onView({ classes: ["failed", "blocked"] })}>
            {counted(items.failed, "item")} failed for good
            {items.blocked > 0 &&
              `, ${count(items.blocked)} wait${items.blocked === 1 ? "s" : ""} for ${items.failed === 1 ? "it" : "them"}`}
          </Action>
        </li>
      )}
      {paused.map(([step]) => (
        <li key={step} class="paused">
          <Sign of="paused" />
          <Action onClick={() => onView({ classes: ["paused"], step })}>
            step <Name text={step} /> is paused
          </Action>
        </li>
      ))}
      {held > 0 && (
        <li class="paused">
          <Sign of="paused" />
          <Action onClick={() => onView({ classes: ["paused"] })}>{counted(held, "item")} on hold</Action>
        </li>
      )}
      {state === "stopping" && summary.draining && (
        <li class="paused">
          <Warning /> stopping since {moment(summary.draining.since, now)}, by {summary.draining.by}: workers take
          nothing new <CommandLine line={COMMANDS.liftStop(place)} />
        </li>
      )}
      {state === "idle" && (
        <li class="paused">
          <Warning /> nobody works; {counted(ready, "item")} {ready === 1 ? "is" : "are"} left <Start place={place} />
        </li>
      )}
      {workers.silent > 0 && (
        <li class="paused">
          <Warning /> {counted(workers.silent, "item")} {workers.silent === 1 ? "has" : "have"} not been heard from
        </li>
      )}
    </ul>
  );
}

/** The command that starts work again: on a machine the same run, on AWS a launch. */
function Start({ place }: { place: Place }) {
  if (!place.isLocal) return <CommandLine line={COMMANDS.launch(place)} />;
  if (place.run) return <CommandLine line={COMMANDS.again(place, place.run)} />;
  return <>: give the same run again</>;
}

function Facts({ report, now }: Omit<RegionProps, "onView">) {
  const { startedAt, endedAt, workers, items, place, cost } = report;
  return (
    <dl class="facts">
      {endedAt && startedAt ? (
        <>
          <dt>Finished</dt>
          <dd>
            <b>{moment(endedAt, now)}</b>, it took {duration(Date.parse(endedAt) - Date.parse(startedAt))}
          </dd>
        </>
      ) : (
        <>
          <dt>Ends</dt>
          <dd>{endText(report, now)}</dd>
        </>
      )}
      <dt>Started</dt>
      <dd>{startedAt ? `${moment(startedAt, now)}, ${duration(now - Date.parse(startedAt))} ago` : "not yet"}</dd>
      <dt>Workers</dt>
      <dd>
        {workers.atWork === 0 ? "none at work" : `${count(workers.atWork)} at work`}
        {workers.atWork > 0 && `, ${counted(items.running, "item")} running`}
      </dd>
      {(place.isLocal || cost) && (
        <>
          <dt>Cost</dt>
          <dd>
            <CostText place={place} cost={cost} />
          </dd>
        </>
      )}
    </dl>
  );
}

/** Shows money only if a person has given a price. */
function CostText({ place, cost }: Pick<Report, "place" | "cost">) {
  const hours =
    cost && `${cost.slotHours < 10 ? cost.slotHours.toFixed(1) : count(Math.round(cost.slotHours))} slot-hours`;
  if (cost?.price) {
    const { amount, currency } = cost.price;
    return (
      <>
        about {(cost.slotHours * amount).toFixed(2)} {currency}{" "}
        <span class="note">
          ({hours} at {amount} {currency} an hour)
        </span>
      </>
    );
  }
  if (!place.isLocal) return <>about {hours}</>;
  return (
    <>
      nothing <span class="note">(this machine{hours && `, about ${hours}`})</span>
    </>
  );
}

function endText({ summary, state, items }: Report, now: number) {
  const { endsBetween } = summary;
  if (endsBetween) {
    const left = Date.parse(endsBetween.likely) - now;
    const { likely, from, to } = endsText(endsBetween, Date.parse(summary.at));
    const { guessed = [] } = endsBetween;
    const paused = Object.keys(summary.paused);
    return (
      <>
        <b>{likely}</b>, between {from} and {to}
        <span class="note">
          {left > 0 && ` in ${duration(left)}`}
          {paused.length > 0 && `, without what waits for ${paused.map(shown).join(", ")}`}
          {guessed.length > 0 && `, a guess: nothing of ${guessed.map(shown).join(", ")} is done yet`}
        </span>
      </>
    );
  }
  if (state === "idle") return "not known while nobody works";
  if (state === "paused") return "not known while steps are paused";
  if (state === "stopping") return "not known while workers take nothing new";
  return items.done === 0 ? "not known yet: the first item must finish" : "not known yet";
}

/** The bar of all items, and a chip for each class, which serves as legend, count and filter. */
export function Total({ report, view, onView }: Omit<RegionProps, "now"> & { view: View }) {
  const { items, samples, stepOrder } = report;
  const total = READING_ORDER.reduce((sum, name) => sum + items[name], 0);
  if (total === 0) return null;
  const label = READING_ORDER.map((name) => `${items[name]} ${name}`).join(", ");
  const toggle = (name: (typeof READING_ORDER)[number], isMore: boolean) => {
    const isOn = view.classes.includes(name);
    if (isMore) onView({ classes: isOn ? view.classes.filter((other) => other !== name) : [...view.classes, name] });
    else onView({ classes: isOn && view.classes.length === 1 ? [] : [name], step: undefined, group: undefined });
  };
  const isUsual = { done: true, running: true, waiting: true, failed: true, paused: false, blocked: false };
  return (
    <section class="total" aria-label="All items">
      <Bar items={items} label={`All items: ${label}`} big={`${percent(items.done, total)} of all items`} />
      <div class="chips">
        {READING_ORDER.filter((name) => items[name] > 0 || isUsual[name]).map((name) => (
          <button
            key={name}
            type="button"
            class={items[name] === 0 ? "chip zero" : "chip"}
            aria-pressed={view.classes.includes(name)}
            onClick={(event) => toggle(name, event.shiftKey)}
          >
            <Sign of={name} /> <b>{count(items[name])}</b> {name}
          </button>
        ))}
        <span class="note">
          of {counted(total, "item")} ({counted(samples.total, "sample")}, {counted(stepOrder.length, "step")}); a click
          shows only these
        </span>
      </div>
    </section>
  );
}

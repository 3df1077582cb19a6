import type { Report, Series, Spread } from "../lib/report/report.ts";
import { Name, Region } from "./parts.tsx";
import { bytes, count, duration, moment, short } from "./text.ts";

/* Speed, run times and memory. */

export function Speed({ report, now }: { report: Report; now: number }) {
  const { series } = report;
  if (!series) {
    return (
      <Region id="speed" title="Speed">
        <p class="note">Nothing has finished yet.</p>
      </Region>
    );
  }
  const isOver = report.endedAt !== undefined;
  const ended = series.done.map((done, at) => done + (series.failed[at] ?? 0));
  return (
    <Region id="speed" title="Speed" note="since the start">
      <p class="note">
        items finished in each {slotName(series.slotMs)}
        {!isOver && " (the last one is not over)"}
      </p>
      <Bars values={ended} isOpen={!isOver} />
      <p class="note">items running at a time (estimated from those looked at)</p>
      <Line values={series.running} />
      <p class="axis note">
        <span>{moment(series.from, now)}</span>
        <span>{report.endedAt ? moment(report.endedAt, now) : "now"}</span>
      </p>
    </Region>
  );
}

function slotName(slotMs: Series["slotMs"]): string {
  if (slotMs === 3_600_000) return "hour";
  return slotMs === 86_400_000 ? "day" : duration(slotMs);
}

function Bars({ values, isOpen }: { values: readonly number[]; isOpen: boolean }) {
  const most = Math.max(1, ...values);
  const last = values.at(-1) ?? 0;
  return (
    <div class="chart" role="img" aria-label={`At most ${most}, last ${last}`}>
      <div class="bars">
        {values.map((value, at) => (
          <span
            key={at}
            class={isOpen && at === values.length - 1 ? "open" : undefined}
            style={{ height: `${value === 0 ? 0 : Math.max(2, (value / most) * 100)}%` }}
          />
        ))}
      </div>
      <span class="most">{count(most)}</span>
      <span class="last">{count(last)}</span>
    </div>
  );
}

function Line({ values }: { values: readonly number[] }) {
  const most = Math.max(1, ...values);
  const last = values.at(-1) ?? 0;
  const step = 100 / Math.max(1, values.length);
  const points = values.map(
    (value, at) => `${((at + 0.5) * step).toFixed(2)},${(38 - (value / most) * 36).toFixed(2)}`,
  );
  return (
    <div class="chart line" role="img" aria-label={`At most ${most}, last ${last}`}>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
        <polyline points={points.length === 1 ? `0,${points[0]?.split(",")[1]} ${points[0]}` : points.join(" ")} />
      </svg>
      <span class="most">{count(most)}</span>
      <span class="last">{count(last)}</span>
    </div>
  );
}

export function RunTimes({ report: { stepOrder, steps } }: { report: Report }) {
  const rows = stepOrder.flatMap((step, at) => {
    const { runSeconds, peakMemoryBytes } = steps[step] ?? {};
    return runSeconds ? [{ step, at, runSeconds, peakMemoryBytes }] : [];
  });
  if (rows.length === 0) {
    return (
      <Region id="times" title="Run time and memory">
        <p class="note">Nothing has finished yet.</p>
      </Region>
    );
  }
  const times = logScale(rows.map(({ runSeconds }) => runSeconds));
  const mostMemory = Math.max(1, ...rows.map(({ peakMemoryBytes }) => peakMemoryBytes?.max ?? 0));
  const memory = (value: number) => (value / mostMemory) * 100;
  const looked = Math.max(...rows.map(({ runSeconds }) => runSeconds.n));
  return (
    <Region id="times" title="Run time and memory" note={`of items that finished, up to ${count(looked)} of each step`}>
      <table class="times">
        <thead>
          <tr>
            <th>step</th>
            <th class="strip-head">
              run time
              <span class="ticks">
                {times.ticks.map(({ at, text }) => (
                  <span key={text} style={{ left: `${at}%` }}>
                    {text}
                  </span>
                ))}
              </span>
            </th>
            <th class="n">half take</th>
            <th class="n">95 % take (most)</th>
            <th class="strip-head wide">peak memory</th>
            <th class="n">95 % need (most)</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ step, at, runSeconds, peakMemoryBytes }) => (
            <tr key={step}>
              <th scope="row" class="step">
                <span class="number">{at + 1}</span>
                <Name text={step} />
              </th>
              <td>
                <Strip of={runSeconds} scale={times.scale} />
              </td>
              <td class="n">{short(runSeconds.p50 * 1_000)}</td>
              <td class="n">
                {short(runSeconds.p95 * 1_000)} ({short(runSeconds.max * 1_000)})
              </td>
              <td class="wide">{peakMemoryBytes && <Strip of={peakMemoryBytes} scale={memory} />}</td>
              <td class="n">
                {peakMemoryBytes ? `${bytes(peakMemoryBytes.p95)} (${bytes(peakMemoryBytes.max)})` : "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">Bars: from 5 % to 95 %; tick: half; ring: the most.</p>
    </Region>
  );
}

function Strip({ of: { p5, p50, p95, max }, scale }: { of: Spread; scale: (value: number) => number }) {
  const [from, to] = [scale(p5), scale(p95)];
  return (
    <span class="strip" aria-hidden="true">
      <span class="range" style={{ left: `${from}%`, width: `${Math.max(0.5, to - from)}%` }} />
      <span class="half" style={{ left: `${scale(p50)}%` }} />
      <span class="most" style={{ left: `${scale(max)}%` }} />
    </span>
  );
}

const TICKS = [
  [0.01, "10 ms"],
  [0.1, "0.1 s"],
  [1, "1 s"],
  [10, "10 s"],
  [60, "1 min"],
  [600, "10 min"],
  [3_600, "1 h"],
  [36_000, "10 h"],
  [360_000, "4 d"],
] as const;

/** The minimum distance between labels, in percent of the strip. */
const LEAST_APART = 45;

/** One logarithmic scale for all steps, with a tick at each end. */
function logScale(spreads: readonly Spread[]) {
  const [least, most] = [Math.min(...spreads.map(({ p5 }) => p5)), Math.max(...spreads.map(({ max }) => max))];
  const from = TICKS.findLast(([seconds]) => seconds <= least)?.[0] ?? 0.01;
  const to = Math.max(TICKS.find(([seconds]) => seconds >= most)?.[0] ?? most, from * 10);
  const scale = (seconds: number) => (Math.log(Math.max(from, seconds) / from) / Math.log(to / from)) * 100;
  const ticks: { at: number; text: string }[] = [];
  for (const [seconds, text] of TICKS) {
    if (seconds < from || seconds > to) continue;
    const at = scale(seconds);
    // the last tick always stays, because it shows how far the scale goes
    while (seconds === to && ticks.length > 1 && at - (ticks.at(-1)?.at ?? 0) < LEAST_APART) ticks.pop();
    if (at - (ticks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= LEAST_APART || seconds === to) ticks.push({ at, text });
  }
  return { scale, ticks };
}

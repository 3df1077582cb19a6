import { type ForecastMs, forecast } from "../forecast/forecast.ts";
import type { StepOutlook } from "../forecast/outlook.ts";
import { isoDate } from "../iso-date.ts";
import type { Settings } from "../store/settings.ts";
import type { Looked } from "./closer-look.ts";
import type { ExpectedEnd, ExpectedRange } from "./expected-range.ts";
import type { Counts } from "./tally.ts";

/** Not all readers of ISO 8601 accept years of more than four digits. */
const LAST_DATE_MS = Date.UTC(10_000, 0, 1) - 1;

/** When a table with workers, and its steps, should end, as far as that can be estimated. */
export function expectedEnds(
  counts: ReadonlyMap<string, Counts>,
  { links, paused }: Pick<Settings, "links" | "paused">,
  { attempts, running }: Looked,
  nowMs: number,
): { all?: ExpectedEnd; steps: ReadonlyMap<string, ExpectedRange> } {
  const ended = Map.groupBy(attempts, ({ step }) => step);
  const current = Map.groupBy(running, ({ step }) => step);
  const steps = [...counts].map(([step, { items, blocked }]): StepOutlook => {
    const { after = [], afterAll = [] } = links.get(step) ?? {};
    return {
      step,
      after,
      afterAll,
      isPaused: paused.has(step),
      ready: items.todo,
      waiting: items.waiting - blocked,
      held: items.held,
      running: items.locked,
      done: items.done,
      failed: items.failed,
      ended: (ended.get(step) ?? []).flatMap(({ startedAtMs, endedAtMs, earlierTries }) =>
        endedAtMs === undefined ? [] : [{ startedAtMs, endedAtMs, earlierTries }],
      ),
      current: (current.get(step) ?? []).map(({ since, tasks }) => ({
        sinceMs: Date.parse(since),
        ...(tasks && { share: tasks.done / tasks.total }),
      })),
    };
  });
  const found = forecast({ nowMs, steps });
  const all = found.all && toRange(found.all);
  const ranges = [...found.steps].flatMap(([step, ms]) => {
    const range = toRange(ms);
    return range ? [[step, range] as const] : [];
  });
  return {
    ...(all && { all: { ...all, ...(found.guessed.length > 0 && { guessed: [...found.guessed] }) } }),
    steps: new Map(ranges),
  };
}

function toRange({ likelyMs, fromMs, toMs }: ForecastMs): ExpectedRange | undefined {
  if (toMs > LAST_DATE_MS) return undefined;
  return { likely: isoDate(likelyMs), from: isoDate(fromMs), to: isoDate(toMs) };
}

import { describe, expect, test } from "vitest";
import type { Look, StepEnds } from "../../../lib/notify/look.ts";
import { type Known, type News, type NewsOptions, newsOf } from "../../../lib/notify/news.ts";
import type { Counts } from "../../../lib/progress/tally.ts";
import type { Paused } from "../../../lib/store/settings.ts";

const START_MS = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;
const minute = (n: number) => START_MS + n * MINUTE_MS;
const at = (n: number) => new Date(minute(n)).toISOString();

interface StepNow {
  items: Partial<Counts["items"]>;
  blocked?: number;
  /** minutes at which items were done, and at which the currently failed ones failed */
  done?: number[];
  failed?: number[];
  paused?: Paused;
}

/** What a look at this minute shows. */
function look(now: number, steps: Record<string, StepNow>, more: Partial<Look> = {}): Look {
  const none = { waiting: 0, todo: 0, locked: 0, done: 0, failed: 0, held: 0 };
  const all = { items: { ...none }, blocked: 0 };
  const ends = new Map<string, StepEnds>();
  const counts = Object.entries(steps).map(([step, { items, blocked = 0, done = [], failed = [] }]) => {
    for (const [state, count] of Object.entries(items)) all.items[state as keyof typeof none] += count;
    all.blocked += blocked;
    const first = failed.length > 0 && { atMs: minute(Math.min(...failed)), itemID: "S", taskID: "s", cause: "exit" };
    if (done.length + failed.length > 0) {
      const lastMs = minute(Math.max(...done, ...failed));
      const failures = first && { firstFailed: first, lastFailedMs: minute(Math.max(...failed)) };
      ends.set(step, { lastMs, ...(failures || {}) });
    }
    return [step, { items: { ...none, ...items }, blocked, tasks: { done: 0, total: 0 }, progress: {} }];
  });
  const paused = Object.entries(steps).flatMap(([step, of]) => (of.paused ? [[step, of.paused]] : []));
  const summary = { table: "lab", at: at(now), ...all, steps: Object.fromEntries(counts) };
  return { summary: { ...summary, paused: Object.fromEntries(paused) }, ends, ...more };
}

/** What is reported at each of several looks, one after another, as `event step`. */
function newsTexts(looks: readonly Look[], options: Partial<NewsOptions> = {}): string[] {
  let known: Known | undefined;
  return looks.map((one) => {
    const found = newsOf(known, one, { sinceMs: START_MS, ...options });
    const isFewer = found.known.total < (known?.total ?? 0);
    // as it is stored and read again
    known = JSON.parse(JSON.stringify(found.known));
    const again = newsOf(known, one, { sinceMs: START_MS, ...options });
    // if there are fewer items, only a second look with the same result counts
    if (!isFewer) expect(again, "the same look again").toMatchObject({ news: [], isChanged: false });
    return found.news.map(nameOf).join(", ");
  });
}

const nameOf = (one: News) => ("step" in one ? `${one.event} ${one.step}` : one.event);

describe("what is new", () => {
  test("a step that finishes, and the end of all, each once", () => {
    const looks = [
      look(1, { align: { items: { todo: 1, locked: 1 } }, call: { items: { waiting: 2 } } }),
      look(2, { align: { items: { locked: 1, done: 1 }, done: [2] }, call: { items: { waiting: 1, todo: 1 } } }),
      look(3, { align: { items: { done: 2 }, done: [2, 3] }, call: { items: { todo: 2 } } }),
      look(4, { align: { items: { done: 2 }, done: [2, 3] }, call: { items: { done: 2 }, done: [4] } }),
    ];
    expect(newsTexts(looks)).toEqual(["", "", "step-finished align", "all-done, step-finished call"]);
  });

  test("the end of the only step is told as the end of all", () => {
    expect(newsTexts([look(1, { align: { items: { done: 1 }, done: [1] } })])).toEqual(["all-done"]);
  });

  test("a step that finishes again after a reset, also if no look has seen it open in between", () => {
    const looks = [
      look(1, { align: { items: { done: 2 }, done: [1, 1] } }),
      look(2, { align: { items: { todo: 1, done: 1 }, done: [1] } }),
      look(3, { align: { items: { done: 2 }, done: [1, 3] } }),
      look(9, { align: { items: { done: 2 }, done: [3, 8] } }),
    ];
    expect(newsTexts(looks)).toEqual(["all-done", "", "all-done", "all-done"]);
  });

  test("not that an item was deleted or put back as it was", () => {
    const looks = [
      look(1, { align: { items: { done: 2 }, done: [0, 1] } }),
      look(2, { align: { items: { done: 1 }, done: [0] } }),
      look(3, { align: { items: { done: 1 }, done: [0] } }),
      look(4, { align: { items: { done: 1, todo: 1 }, done: [0] } }),
      look(5, { align: { items: { done: 1 }, done: [0] } }),
      look(6, { align: { items: { done: 1 }, done: [0] } }),
    ];
    expect(newsTexts(looks)).toEqual(["all-done", "", "", "", "", ""]);
  });

  test("an item missed while it changes its state does not finish its step", () => {
    const looks = [
      look(1, { align: { items: { todo: 1, done: 1 }, done: [1] } }),
      look(2, { align: { items: { done: 1 }, done: [1] } }),
      look(3, { align: { items: { locked: 1, done: 1 }, done: [1] } }),
      look(4, { align: { items: { done: 2 }, done: [1, 4] } }),
    ];
    expect(newsTexts(looks)).toEqual(["", "", "", "all-done"]);
  });

  test("the first failure of a step, and the first one after all of them were started over", () => {
    const looks = [
      look(1, { call: { items: { todo: 3, failed: 1 }, failed: [1] } }),
      look(2, { call: { items: { todo: 2, failed: 2 }, failed: [1, 2] } }),
      // one of the two was started over and failed again
      look(3, { call: { items: { todo: 2, failed: 2 }, failed: [2, 3] } }),
      // both were
      look(6, { call: { items: { todo: 2, failed: 2 }, failed: [5, 6] } }),
      look(7, { call: { items: { todo: 4 } } }),
      look(8, { call: { items: { todo: 3, failed: 1 }, failed: [8] } }),
    ];
    expect(newsTexts(looks)).toEqual(["step-failing call", "", "", "step-failing call", "", "step-failing call"]);
  });

  test("each pause of a step, whoever paused it", () => {
    const pause = (since: number): Paused => ({ since: at(since), by: "ann", why: "new cache" });
    const items = { todo: 2 };
    const looks = [
      look(1, { call: { items, paused: pause(1) } }),
      look(2, { call: { items, paused: pause(1) } }),
      look(3, { call: { items } }),
      look(4, { call: { items, paused: pause(4) } }),
      look(5, { call: { items, paused: pause(5) } }),
    ];
    expect(newsTexts(looks)).toEqual(["step-paused call", "", "", "step-paused call", "step-paused call"]);
  });

  test("items that get blocked, once until none is", () => {
    const failed = { items: { failed: 1 }, failed: [1] };
    const looks = [
      look(1, { align: failed, call: { items: { waiting: 2 }, blocked: 1 } }),
      look(2, { align: failed, call: { items: { waiting: 2 }, blocked: 2 } }),
      look(3, { align: { items: { todo: 1 } }, call: { items: { waiting: 2 } } }),
      look(4, { align: { items: { failed: 1 }, failed: [4] }, call: { items: { waiting: 2 }, blocked: 2 } }),
    ];
    expect(newsTexts(looks)).toEqual([
      "step-failing align, items-blocked call, step-finished align",
      "all-done",
      "",
      "all-done, step-failing align, items-blocked call, step-finished align",
    ]);
  });

  test("that nobody works on what is ready, or that nothing runs that items could wait for, after half an hour", () => {
    const idle = { align: { items: { todo: 2 } } };
    const busy = { align: { items: { todo: 1, locked: 1 } } };
    expect(newsTexts([look(0, idle), look(29, idle), look(30, idle), look(90, idle)])).toEqual([
      "",
      "",
      "items-stuck",
      "",
    ]);
    expect(newsTexts([look(0, idle), look(20, busy), look(40, idle), look(69, idle), look(70, idle)])).toEqual([
      "",
      "",
      "",
      "",
      "items-stuck",
    ]);
    const waiting = { call: { items: { waiting: 2 } } };
    expect(newsTexts([look(0, waiting), look(30, waiting)])).toEqual(["", "items-stuck"]);
  });

  test("not that a drained table or a paused step is idle", () => {
    const items = { todo: 2 };
    const paused = { since: at(0), by: "ann", why: "" };
    const pausedLooks = [0, 30, 60].map((n) => look(n, { align: { items, paused } }));
    expect(newsTexts(pausedLooks)).toEqual(["step-paused align", "", ""]);
    const drained = [0, 30, 60].map((n) => {
      const { summary, ends } = look(n, { align: { items } });
      return { summary: { ...summary, draining: { since: at(0), by: "ann" } }, ends };
    });
    expect(newsTexts(drained)).toEqual(["", "", ""]);
  });

  test("items whose workers have been silent for longer than the sweep needs to free them", () => {
    const running = { align: { items: { locked: 2 } } };
    const looks = [look(0, running, { silent: 1 }), look(5, running, { silent: 0 }), look(10, running, { silent: 2 })];
    const later = [
      look(20, running, { silent: 2 }),
      look(25, running, { silent: 1 }),
      look(60, running, { silent: 1 }),
    ];
    expect(newsTexts([...looks, ...later])).toEqual(["", "", "", "", "items-stuck", ""]);
  });

  test("at the first look at an old table only what is wrong now", () => {
    const old = {
      align: { items: { done: 2, failed: 1 }, done: [-90, -80], failed: [-85] },
      call: { items: { waiting: 1 }, blocked: 1 },
    };
    expect(newsTexts([look(1, old), look(2, old)])).toEqual(["items-blocked call", ""]);
  });

  test("nothing of an empty table", () => {
    expect(newsTexts([look(1, {}), look(100, {})])).toEqual(["", ""]);
  });
});

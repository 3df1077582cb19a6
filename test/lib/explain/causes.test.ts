import { expect, test } from "vitest";
import { type Because, REASONS, type Reason } from "../../../lib/explain/explanation.ts";
import { becauseOf } from "../../../lib/explain/item.ts";
import type { View } from "../../../lib/explain/view.ts";
import type { Item } from "../../../lib/items/item.ts";

/*
 * Every cause for which an item is not running: one sentence, and the first command that helps. Items that wait for
 * others are in explain.test.ts and circle.test.ts, because they need a table.
 */

const NOW = Date.UTC(2026, 10, 30, 12);
const S = 1_000;
const MIN = 60 * S;
const DATE = (agoMs: number) => new Date(NOW - agoMs).toISOString();

const ITEM: Item = {
  itemId: "S7-call",
  taskId: "S7",
  step: "call",
  state: "todo",
  priority: 5,
  nestedTasks: 0,
  tasksDone: 0,
  attempt: 1,
  failures: 0,
  interruptions: 0,
  losses: 0,
};

interface Situation {
  settings?: object;
  workers?: object;
  batch?: object;
}

function viewOf({ settings = {}, workers = { locked: 0 }, batch }: Situation): View {
  const known = { draining: undefined, paused: new Map(), links: new Map(), ...settings };
  return { table: {}, settings: known, nowMs: NOW, batch, workers: async () => workers } as unknown as View;
}

const lock = {
  lockId: "L",
  instance: "11111111-0a82-49aa-ba5a-4727fcce14a8:2",
  jobAttempt: 1,
  lockedAtMs: NOW - 5 * MIN,
  leaseExpiresAtMs: NOW + 7 * MIN,
};
const parked = (by: "import" | "edit" | "delete", agoMs: number) => ({
  state: "held" as const,
  parked: { by, token: "t", sinceMs: NOW - agoMs },
});
const over = { state: "failed" as const, endedAtMs: NOW - MIN };
const job = (status: string, more = {}) => ({
  describeJobs: async () => [{ jobId: lock.instance, status, attempts: [], ...more }],
});

const CAUSES: [string, Partial<Item>, Situation, Reason, string, string | undefined][] = [
  [
    "backing off",
    { failures: 2, readyAtMs: NOW + 40 * S },
    {},
    "backing off",
    `S7-call failed 2 times and is tried again in 40.0 s, from ${DATE(-40 * S)} on.`,
    "anamo logs --stderr S7-call",
  ],
  [
    "held by a person",
    { state: "held", endedAtMs: NOW - MIN },
    {},
    "held",
    `S7-call has been held by a person since ${DATE(MIN)}, 1 min ago: no worker claims it.`,
    "anamo release S7-call",
  ],
  [
    "parked by an import that is alive",
    parked("import", 5 * S),
    {},
    "parked",
    `S7-call is held while an import is writing its tasks; that was last seen to go on at ${DATE(5 * S)}, 5.0 s ago.`,
    "anamo explain S7-call",
  ],
  [
    "parked by an import that died",
    parked("import", 5 * MIN),
    {},
    "parked",
    `S7-call is held because an import was writing its tasks and has not been heard from since ${DATE(5 * MIN)}, 5 min ago.`,
    "anamo delete S7-call",
  ],
  [
    "parked by an edit that died",
    parked("edit", 5 * MIN),
    {},
    "parked",
    `S7-call is held because somebody was changing its tasks and has not been heard from since ${DATE(5 * MIN)}, 5 min ago.`,
    "anamo reset S7-call",
  ],
  [
    "parked by a delete that died",
    parked("delete", 5 * MIN),
    {},
    "parked",
    `S7-call is held because somebody was deleting it and has not been heard from since ${DATE(5 * MIN)}, 5 min ago.`,
    "anamo delete S7-call",
  ],
  [
    "step paused",
    {},
    { settings: { paused: new Map([["call", { since: DATE(MIN), by: "ann", why: "wrong reference" }]]) } },
    "paused",
    `Step call has been paused since ${DATE(MIN)}: wrong reference (by ann).`,
    "anamo step resume call",
  ],
  [
    "table drained",
    {},
    { settings: { draining: { since: DATE(MIN), by: "bob" } } },
    "draining",
    `The table has been draining since ${DATE(MIN)}, stopped by bob: workers claim nothing.`,
    "anamo stop --lift",
  ],
  [
    "no workers on Batch",
    {},
    { workers: { locked: 0, batch: { running: 0, queued: 0 } } },
    "no workers",
    "S7-call can be claimed, but no worker is running.",
    "anamo launch",
  ],
  ["no workers on a machine", {}, {}, "no workers", "S7-call can be claimed, but no worker has an item.", "anamo work"],
  [
    "Batch job queued, and why",
    {},
    {
      workers: {
        locked: 0,
        batch: { running: 0, queued: 3, queuedJob: { jobId: "j", status: "RUNNABLE", why: "No capacity." } },
      },
    },
    "queued",
    "S7-call can be claimed, but no worker is running: 3 workers wait in Batch's queue (RUNNABLE): No capacity.",
    "aws batch describe-jobs --jobs j",
  ],
  [
    "Batch job queued, and Batch does not say why",
    {},
    { workers: { locked: 0, batch: { running: 0, queued: 1, queuedJob: { jobId: "j", status: "STARTING" } } } },
    "queued",
    "S7-call can be claimed, but no worker is running: 1 worker waits in Batch's queue (STARTING): it says nothing about why, so it is probably still starting machines.",
    "aws batch describe-jobs --jobs j",
  ],
  [
    "workers busy",
    {},
    { workers: { locked: 2 } },
    "workers busy",
    "S7-call can be claimed: workers have 2 items, and take this one when they are free.",
    "anamo jobs",
  ],
  [
    "leased",
    { state: "locked", lock },
    {},
    "running",
    `${lock.instance} has had S7-call since ${DATE(5 * MIN)}, 5 min ago (attempt 1); its lease holds for another 7 min, until ${DATE(-7 * MIN)}, and is renewed while it runs.`,
    "anamo show S7-call",
  ],
  [
    "leased, and the lease is over",
    { state: "locked", lock: { ...lock, leaseExpiresAtMs: NOW - S } },
    {},
    "lease over",
    `${lock.instance} has had S7-call since ${DATE(5 * MIN)}, 5 min ago (attempt 1), but has not been heard from: its lease ran out at ${DATE(S)}, and the next sweep gives the item back.`,
    "anamo reset --force S7-call",
  ],
  [
    "leased to a job that has ended",
    { state: "locked", lock },
    { batch: job("FAILED", { attempts: [{ container: { exitCode: 137 } }] }) },
    "lease over",
    `but its Batch job has ended`,
    "anamo jobs",
  ],
  [
    "failed, how and how often",
    { ...over, failures: 3, interruptions: 1, losses: 2, outcome: { cause: "exit", exitCode: 3 } },
    {},
    "failed",
    `S7-call failed 3 times, was interrupted once, lost its worker 2 times and was given up at ${DATE(MIN)}, 1 min ago; the last time: exit code 3.`,
    "anamo logs --stderr S7-call",
  ],
  [
    "failed by a signal",
    { ...over, failures: 1, outcome: { cause: "oom", signal: "SIGKILL", message: "the kernel killed it." } },
    {},
    "failed",
    `S7-call failed once and was given up at ${DATE(MIN)}, 1 min ago; the last time: killed by SIGKILL (oom): the kernel killed it.`,
    "anamo logs --stderr S7-call",
  ],
  [
    "failed by losing its workers",
    { ...over, losses: 6, outcome: { cause: "lost" } },
    {},
    "failed",
    `S7-call lost its worker 6 times and was given up at ${DATE(MIN)}, 1 min ago; the last time: lost.`,
    "anamo logs --stderr S7-call",
  ],
  ["done", { state: "done", endedAtMs: NOW - MIN }, {}, "done", "S7-call has been done since", undefined],
];

test.each(CAUSES)("explain gives one sentence and a command: %s", async (_, item, situation, reason, text, command) => {
  const [first] = await becauseOf(viewOf(situation), { ...ITEM, ...item });
  expect(first).toMatchObject({ reason, text: expect.stringContaining(text) });
  mustBeWhole(first);
  expect(first?.help[0]?.words.join(" ")).toBe(command);
});

/** One sentence, and commands that a person can copy, each with what it does. */
function mustBeWhole(because: Because | undefined): void {
  expect(REASONS).toContain(because?.reason);
  expect(because?.text).toMatch(/^\S.*[^.]\.$/s);
  expect(because?.text).not.toMatch(/undefined|NaN|\[object|\.\.$/);
  for (const { words, does } of because?.help ?? []) {
    expect(words.length).toBeGreaterThan(1);
    expect(does).not.toBe("");
  }
}

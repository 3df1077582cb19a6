import { expect, test } from "vitest";
import { messageOf } from "../../../lib/notify/message.ts";
import type { News } from "../../../lib/notify/news.ts";

const at = "2030-01-31T14:05:09.000Z";
const items = { waiting: 3, todo: 4, locked: 2, done: 10, failed: 2, held: 0 };
const [from, to] = ["2030-01-31T15:00:00.000Z", "2030-02-01T03:00:00.000Z"];
const endsBetween = { likely: "2030-01-31T18:00:00.000Z", from, to };
const summary = { table: "lab", at, items, blocked: 1, steps: {}, paused: {}, endsBetween };
const place = {
  isLocal: false,
  name: "AWS",
  program: ["anamo"],
  target: ["--table", "lab", "--region", "eu-west-2"],
  bucket: ["--bucket", "lab-data"],
};

const NEWS: News[] = [
  { event: "step-paused", step: "annotate", at, by: "maria", why: "the cache is copied", left: 4 },
  { event: "items-stuck", why: "idle", at, items: 4 },
  {
    event: "step-failing",
    step: "call",
    at,
    failed: 2,
    example: { itemID: "S1-call", taskID: "S1", cause: "oom", exitCode: 137 },
  },
  { event: "items-blocked", step: "merge", items: 1 },
  { event: "step-finished", step: "align", at, done: 10, failed: 0, held: 0 },
];

test("one message says all that is new, in numbers, and what to type", () => {
  const { subject, text, data } = messageOf(NEWS, { summary }, { place, naming: "items" });
  expect(subject).toBe("anamo lab: annotate paused, nobody works, call has failures, merge blocked, align finished");
  expect(
    text,
  ).toBe(`Step annotate is paused since 2030-01-31 14:05 UTC, by maria: the cache is copied. 4 items of it are left.
  anamo step resume annotate --table lab --region eu-west-2
4 items are ready, and nobody works: since 2030-01-31 14:05 UTC no worker has had an item.
  anamo launch --table lab --region eu-west-2
Step call has 2 failed items: the first is S1-call (sample S1), ran out of memory, exit code 137.
  anamo logs S1-call --stderr --table lab --region eu-west-2 --bucket lab-data
1 item of step merge is blocked: something that they wait for has failed.
  anamo explain --step=merge --table lab --region eu-west-2
Step align is finished: all 10 items are done.

Table lab: 10 of 21 items done, 2 running, 4 to do, 2 waiting, 1 blocked, 2 failed.
Expected end: 2030-01-31 18:00 UTC, between 2030-01-31 15:00 UTC and 2030-02-01 03:00 UTC.
The page: anamo report --open --table lab --region eu-west-2
`);
  expect(data).toMatchObject({ event: "step-paused", events: NEWS.map(({ event }) => event), table: "lab", items });
});

test("where only steps are named, no item or sample is", () => {
  const message = messageOf(NEWS, { summary }, { place, naming: "steps" });
  expect(JSON.stringify(message)).not.toContain("S1");
  expect(message.text).toContain(`Step call has 2 failed items: the first, ran out of memory, exit code 137.
  anamo items --state failed --step=call --table lab`);
});

test("the end of all says what failed, and how to try that again", () => {
  const over = { event: "all-done", at, done: 7, failed: 2, blocked: 1, held: 0, total: 10 } as const;
  const text = (more: object) => messageOf([over], { summary }, { place: { ...place, ...more }, naming: "items" }).text;
  expect(text({})).toContain(`Nothing is left to run: 7 of 10 items are done, 2 failed, 1 blocked by them.
  anamo items --state failed --table lab --region eu-west-2
  anamo reset --state failed --table lab --region eu-west-2`);
  expect(text({ isLocal: true, target: [], run: ["run", "my list.txt"] })).toContain(
    "\n  anamo run 'my list.txt' --retry-failed\n",
  );
});

test("names stay on one line, and a subject is what SNS takes, whatever steps are called", () => {
  const step = "a\nb\u202e$(rm)é";
  const news: News[] = Array.from({ length: 40 }, () => ({ event: "items-blocked", step, items: 2 }));
  const { subject, text } = messageOf(news, { summary }, { place, naming: "items" });
  expect(subject).toMatch(/^[ -~]{99}$/);
  expect(text).toContain("2 items of step a\\nb\\u{202e}$(rm)é are blocked");
  expect(text).toContain("… and 10 more.");
});

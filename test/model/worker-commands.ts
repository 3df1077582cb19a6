import fc from "fast-check";
import { expect } from "vitest";
import { claim } from "../../lib/claims/claim.ts";
import { complete } from "../../lib/claims/complete.ts";
import { dropOrphans } from "../../lib/claims/drop-orphans.ts";
import { fail } from "../../lib/claims/fail.ts";
import { WorkFinder } from "../../lib/claims/find-work.ts";
import { finishTask } from "../../lib/claims/finish-task.ts";
import { heartbeat } from "../../lib/claims/heartbeat.ts";
import type { LeaveResult } from "../../lib/claims/leave-lock.ts";
import { release } from "../../lib/claims/release.ts";
import { openTasks } from "../../lib/store/tasks-of.ts";
import { command, type LifeCommand } from "./command.ts";
import {
  endAttempt,
  heldItem,
  ITEM_IDS,
  isClaimable,
  LEASE_MS,
  type Model,
  type ModelClaim,
  type ModelItem,
  move,
  POLICY,
  STEPS,
  WORKERS,
} from "./model.ts";
import type { Real } from "./real.ts";

/**
 * What a worker does. It does not know that it has lost an item, so old claims continue as long as the table exists.
 */
export function workerCommands(): fc.Arbitrary<LifeCommand>[] {
  const itemId = fc.constantFrom(...ITEM_IDS);
  const twice = fc.boolean();
  const claims = fc.record({ itemId, instance: fc.constantFrom(...WORKERS), twice }).map(claimCommand);
  // 0 is the latest claim
  const which = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(5) });
  const end = fc.constantFrom("ends", "ends", "fails", "stops" as const);
  return [
    claims,
    claims,
    which.map((nth) => onClaim(`heartbeat of claim -${nth}`, nth, beat)),
    fc
      .tuple(which, fc.nat(2), fc.boolean(), twice)
      .map(([nth, task, succeeds, again]) =>
        onClaim(
          `claim -${nth} ${succeeds ? "finishes" : "fails"} task ${task}${again ? " twice" : ""}`,
          nth,
          (...args) => finish(...args, { task, succeeds, times: again ? 2 : 1 }),
        ),
      ),
    fc
      .tuple(which, end, twice)
      .map(([nth, how, again]) =>
        onClaim(`claim -${nth} ${how}${again ? " twice" : ""}`, nth, (...args) =>
          endItem(...args, { how, times: again ? 2 : 1 }),
        ),
      ),
    fc.constant(command("workers look for work", find)),
  ];
}

/** After a worker has noticed that it lost its items, it deletes what it wrote for deleted ones. */
export async function dropAllOrphans(model: Model, real: Real): Promise<void> {
  for (const { number } of model.claims) {
    const item = real.claims.get(number)?.item;
    if (item) await dropOrphans(real.table, item);
  }
}

function claimCommand({ itemId, instance, twice }: { itemId: string; instance: string; twice: boolean }): LifeCommand {
  return command(`${instance} claims ${itemId}${twice ? " twice" : ""}`, async (model, real) => {
    const { table } = real;
    const number = model.claims.length;
    const job = model.jobs.get(instance);
    const who = { instance, jobAttempt: job ? job.ended + 1 : 0, leaseMs: LEASE_MS };
    const candidate = { itemId, step: model.items.get(itemId)?.step ?? STEPS[0] };
    const result = await claim(table, candidate, who, `lock ${number}`);
    const item = model.items.get(itemId);
    const wins = isClaimable(model, item);
    expect(result.won, "the claim").toBe(wins);
    if (twice) expect(await claim(table, candidate, who, `lock ${number}`), "the same claim again").toEqual(result);
    if (!wins || !result.won) return;
    item.state = "locked";
    item.attempt++;
    item.claim = number;
    item.leaseExpiresAtMs = model.nowMs + (item.leaseMs ?? LEASE_MS);
    item.readyAtMs = undefined;
    item.endedAtMs = undefined;
    const pages = item.tasks.size > 0 ? await Array.fromAsync(openTasks(table, result.item)) : [];
    const open = new Map(pages.flatMap((page) => page.open).map((task) => [task.taskKey, task]));
    const given = [...item.tasks].filter(([, { state }]) => state !== "done");
    expect([...open.keys()], "the open tasks").toEqual(given.map(([name]) => name));
    real.claims.set(number, { item: result.item, open });
    model.claims.push({
      number,
      itemId,
      instance,
      jobAttempt: who.jobAttempt,
      atMs: model.nowMs,
      given: new Map(given.map(([name, { run }]) => [name, { run, ended: false }])),
      had: {
        tasks: item.tasks.size,
        done: item.tasksDone,
        isLong: item.isLong,
        leaseMs: item.leaseMs ?? LEASE_MS,
      },
      done: item.tasks.size - given.length,
      failed: 0,
    });
  });
}

type OnClaim = (model: Model, real: Real, mine: ModelClaim) => Promise<void>;

function onClaim(text: string, nth: number, act: OnClaim): LifeCommand {
  return command(
    text,
    (model, real) => {
      const mine = model.claims.at(-1 - (nth % model.claims.length));
      if (!mine) throw new Error("no claim");
      return act(model, real, mine);
    },
    ({ claims }) => claims.length > 0,
  );
}

async function beat(model: Model, { table }: Real, mine: ModelClaim): Promise<void> {
  const { itemId, number, had, done } = mine;
  const tasksDone = !had.isLong && done > had.done ? done : undefined;
  const beaten = await heartbeat(table, { itemId, lockId: `lock ${number}` }, { leaseMs: had.leaseMs, tasksDone });
  const item = heldItem(model, mine);
  expect(beaten.held, "the heartbeat").toBe(item !== undefined);
  if (!item) return;
  item.leaseExpiresAtMs = model.nowMs + had.leaseMs;
  if (tasksDone !== undefined) item.tasksDone = tasksDone;
}

async function finish(
  model: Model,
  real: Real,
  mine: ModelClaim,
  { task: nth, succeeds, times }: { task: number; succeeds: boolean; times: number },
): Promise<void> {
  const names = [...mine.given.keys()];
  const name = names[nth % names.length];
  const given = mine.given.get(name ?? "");
  const handle = real.claims.get(mine.number);
  const listed = handle?.open.get(name ?? "");
  if (!name || !given || given.ended || !handle || !listed) return;
  const outcome = succeeds ? { exitCode: 0 } : { cause: "exit" as const, exitCode: 3 };
  const now = model.items.get(mine.itemId)?.tasks.get(name);
  const counts = now?.run === given.run;
  const expected = counts && now.state === "done" && !succeeds ? "done" : "written";
  for (let time = 0; time < times; time++) {
    const written = await finishTask(real.table, listed, handle.item.attempt, outcome);
    // a result that does not count may be refused, or be written where nothing reads it
    if (counts) expect(written, "the result of the task").toBe(expected);
  }
  if (!counts) expect(heldItem(model, mine), "a claim whose task was started over").toBeUndefined();
  given.ended = true;
  if (succeeds || expected === "done") mine.done++;
  else mine.failed++;
  if (counts && now.state !== "done") now.state = succeeds ? "done" : "failed";
}

async function endItem(
  model: Model,
  real: Real,
  mine: ModelClaim,
  { how, times }: { how: "ends" | "fails" | "stops"; times: number },
): Promise<void> {
  const handle = real.claims.get(mine.number);
  if (!handle) throw new Error("no item");
  const { item } = handle;
  const ranAll = [...mine.given.values()].every(({ ended }) => ended);
  const isNested = mine.had.tasks > 0;
  const failing = isNested ? mine.failed > 0 : how === "fails";
  const end = how === "stops" || !ranAll ? "release" : failing ? "fail" : "complete";
  const counted = ranAll ? mine.done : Math.max(mine.had.done, mine.done);
  const tasksDone = mine.had.isLong || !isNested ? mine.had.done : counted;
  const leave = async (): Promise<LeaveResult> => {
    switch (end) {
      case "release":
        return (await release(real.table, item, { tasksDone }, POLICY)).result;
      case "fail":
        return (await fail(real.table, item, { cause: "exit", exitCode: 3, tasksDone }, POLICY)).result;
      case "complete":
        return complete(real.table, item, mine.had.isLong || !isNested ? { exitCode: 0 } : {});
    }
  };
  const held = heldItem(model, mine);
  const left = await leave();
  expect(left.won && !left.again, "the end of the attempt").toBe(held !== undefined);
  if (held) write(model, held, mine, { end, tasksDone });
  const wrote = held ?? model.items.get(mine.itemId);
  // the lock's token outlives the lock, so a repeated end may find itself written
  if (left.won) expect(wrote?.claim, "whose end was found").toBe(mine.number);
  for (let time = 1; time < times; time++) {
    const again = await leave();
    if (held) expect(again, "the same end again").toEqual({ won: true, again: true });
    else expect(again, "the same end again").toEqual(left);
  }
}

function write(
  model: Model,
  item: ModelItem,
  mine: ModelClaim,
  { end, tasksDone }: { end: "release" | "fail" | "complete"; tasksDone: number },
): void {
  if (end === "complete") {
    move(model, item, "done");
    item.cause = undefined;
    item.exitCode = item.isLong || mine.had.tasks === 0 ? 0 : undefined;
    item.tasksDone = mine.had.tasks;
    return;
  }
  endAttempt(model, item, end === "fail" ? "exit" : "interrupted");
  item.exitCode = end === "fail" ? 3 : undefined;
  item.tasksDone = tasksDone;
}

/** Whatever a worker finds can be claimed, and nothing with a higher priority is waiting. */
async function find(model: Model, { table }: Real): Promise<void> {
  const found = await new WorkFinder(table).find();
  const ready = [...model.items.values()].filter((item) => isClaimable(model, item) && !model.paused.has(item.step));
  const first = ready.filter(({ readyAtMs }) => readyAtMs === undefined);
  const highest = Math.max(...first.map(({ priority }) => priority));
  const best = first.length > 0 ? first.filter(({ priority }) => priority === highest) : ready;
  const ids = new Set(best.map(({ itemId }) => itemId));
  expect(found.length > 0, "there is work").toBe(ids.size > 0);
  for (const { itemId } of found) expect(ids, "what may be claimed").toContain(itemId);
}

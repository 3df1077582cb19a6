import { expect, test } from "vitest";
import { toReset } from "../../../lib/changes/reset.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { finishTask } from "../../../lib/claims/finish-task.ts";
import type { Item } from "../../../lib/items/item.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { readItem } from "../../../lib/store/read-row.ts";
import type { Table } from "../../../lib/table.ts";
import { changed, changedOne, finished, LOGGED, locked, tasksNow } from "../../support/changes.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, itemNow, newItem, openTasksNow } from "../../support/items.ts";
import { tableOverLine } from "../../support/lost-reply.ts";

const ROUNDS = 48;

/** How long a call takes, in milliseconds: engines differ by a factor of fifty. */
async function callMs(table: Table): Promise<number> {
  const startedMs = performance.now();
  for (let call = 0; call < 5; call++) await readItem(table, "nobody");
  return (performance.now() - startedMs) / 5;
}

/**
 * Starts `late` at one of many delays after `early`: from none to the time of several calls, while real replies arrive,
 * and sometimes only after `early` is over, so that each wins at least once however busy the machine is.
 */
async function race<A, B>(ms: number, round: number, early: () => Promise<A>, late: () => Promise<B>): Promise<[A, B]> {
  const [first, startedMs] = [early(), performance.now()];
  if (round % 24 >= 22) await first;
  const delayMs = ((round % 24) / 24) * 6 * ms;
  while (performance.now() - startedMs < delayMs) await new Promise(setImmediate);
  return Promise.all([first, late()]);
}

/** A table with one waiting item per round. */
async function waiting(): Promise<{ table: Table }> {
  const table = await testTable();
  const items = Array.from({ length: ROUNDS }, (_, n) => newItem(`S${n}`));
  await addItems(table, items);
  return { table };
}

/** Runs all rounds, alternating between both orders and going through the delays. */
async function rounds(
  table: Table,
  work: (round: number, race: <A, B>(a: () => Promise<A>, b: () => Promise<B>) => Promise<[A, B]>) => Promise<void>,
) {
  const ms = await callMs(table);
  for (let round = 0; round < ROUNDS; round++) {
    const isResetFirst = round % 2 === 0;
    await work(round, async (a, b) => {
      if (!isResetFirst) return race(ms, round, a, b);
      const [second, first] = await race(ms, round, b, a);
      return [first, second];
    });
  }
}

test("between a forced reset and a completion, one wins, and the row shows only that one", async () => {
  const { table } = await waiting();
  const wins = { worker: 0, reset: 0 };
  await rounds(table, async (round, run) => {
    const id = `S${round}`;
    const item = await locked(table, id, `lock ${round}`, `job-${round}`);
    const [completed, results] = await run(
      () => complete(table, item, LOGGED),
      () => changed(table, { job: `job-${round}` }, toReset({ force: true })),
    );
    const now = await itemNow(table, id);
    if (completed.won) {
      wins.worker++;
      expect(results[id] ?? "unchanged").toBe("unchanged");
      expect(now).toMatchObject({ state: "done", outcome: LOGGED });
    } else {
      wins.reset++;
      expect(results).toEqual({ [id]: "changed" });
      expect(now).toMatchObject({ state: "todo", attempt: 1, failures: 0 });
      expect(now).not.toHaveProperty("outcome");
    }
  });
  expect(wins.worker + wins.reset).toBe(ROUNDS);
  expect(Math.min(wins.worker, wins.reset)).toBeGreaterThan(0);
});

test("a reset without force never takes anything from a worker", async () => {
  const { table } = await waiting();
  await rounds(table, async (round, run) => {
    const id = `S${round}`;
    const item = await locked(table, id);
    const [failed, reset] = await run(
      () => fail(table, item, { ...LOGGED, cause: "exit", exitCode: 3 }, { ...DEFAULT_POLICY, maxAttempts: 1 }),
      () => changedOne(table, id, toReset()),
    );
    expect(failed.result).toEqual({ won: true, again: false });
    const now = await itemNow(table, id);
    if (reset.result === "changed") expect(now).toMatchObject({ state: "todo", failures: 0 });
    else expect(now).toMatchObject({ state: "failed", failures: 1, outcome: { cause: "exit" } });
  });
});

test("a claim stands, whether it comes before or after a reset of the waiting item", async () => {
  const { table } = await waiting();
  await rounds(table, async (round, run) => {
    const id = `S${round}`;
    const [item] = await run(
      () => locked(table, id),
      () => changedOne(table, id, toReset()),
    );
    expect(await itemNow(table, id)).toEqual(item);
  });
});

test("each task that is reset while its worker finishes it ends up either reset or finished, never half of both", async () => {
  const table = await testTable();
  const items = Array.from({ length: 40 }, (_, n) => newItem(`N${n}`, { scripts: ["a", "b", "c", "d"] }));
  await addItems(table, items);
  const ms = await callMs(table);
  for (let round = 0; round < items.length; round++) {
    const id = `N${round}`;
    const item = await locked(table, id);
    const tasksToReset = round % 2 === 0 ? "all" : ["Task_1"];
    const [written, results] = await race(
      ms,
      round,
      () => runTasks(table, item),
      () => changed(table, { ids: [id], states: ["locked"] }, toReset({ tasks: tasksToReset, force: true })),
    );
    const isReset = results[id] === "changed";
    const now = await itemNow(table, id);
    const tasks = Object.values(await tasksNow(table, id));
    const done = tasks.filter(({ state }) => state === "done");
    expect(now.tasksDone).toBe(done.length);
    for (const task of tasks) {
      expect(task.outcome).toEqual(task.state === "done" ? LOGGED : undefined);
      if (task.state === "done") expect(written.tasks).toContain(task.taskKey);
    }
    if (isReset) expect(now.state).toBe("todo");
    else expect(now).toMatchObject({ state: "done", tasksDone: 4 });
    expect(written.completed).toBe(!isReset);
  }
});

test("a reset of tasks that stalls for a minute and is overtaken resets no more of them", async () => {
  const clock = stoppedClock();
  const table = await testTable({ now: clock.now });
  const scripts = Array.from({ length: 20 }, (_, n) => `true ${n}`);
  await addItems(table, [newItem("N", { scripts })]);
  await finished(table, "N");
  const tasks = scripts.map((_, n) => `Task_${n}`);
  const pause = Promise.withResolvers<void>();
  let held = 0;
  const stalling = await tableOverLine(table, async (sent): Promise<Fate> => {
    if (sent === "PutItem" && ++held === 8) pause.resolve();
    if (sent === "PutItem" && held <= 8) await other;
    return "carry";
  });
  const other = pause.promise.then(() => {
    clock.advance(61_000);
    return changedOne(table, "N", toReset({ tasks: ["Task_19"], to: "held" }));
  });
  const overtaken = await changedOne(stalling, "N", toReset({ tasks }));
  expect(overtaken).toMatchObject({ result: "unchanged", why: expect.stringContaining("someone else") });
  expect(await other).toEqual({ result: "changed" });
  const { state, ...now } = await itemNow(table, "N");
  expect({ state, tasksDone: now.tasksDone }).toEqual({ state: "held", tasksDone: 19 });
  const redone = Object.values(await tasksNow(table, "N")).filter((task) => task.state === "todo");
  // those that it had already sent, and that of the other reset
  expect(redone.map(({ taskKey }) => taskKey)).toEqual([...tasks.slice(0, 8), "Task_19"]);
});

async function runTasks(table: Table, item: Item) {
  const tasks: string[] = [];
  for (const task of await openTasksNow(table, item.itemId)) {
    if ((await finishTask(table, task, item.attempt, LOGGED)) === "written") tasks.push(task.taskKey);
  }
  return { tasks, completed: (await complete(table, item, LOGGED)).won };
}

import { expect, test } from "vitest";
import { Semaphore } from "../../../lib/flow/semaphore.ts";

/** Work that runs until it is told to end. */
function manual() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let hasStarted = false;
  return {
    work: () => {
      hasStarted = true;
      return promise;
    },
    hasStarted: () => hasStarted,
    end: resolve,
    fail: reject,
  };
}

/** Lets everything run that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Whether a promise has been settled. */
function watch(promise: Promise<unknown>): () => boolean {
  let isSettled = false;
  void promise.finally(() => {
    isSettled = true;
  });
  return () => isSettled;
}

test("work starts at once while a place is free, and in order afterwards", async () => {
  const semaphore = new Semaphore(2);
  const jobs = Array.from({ length: 4 }, manual);
  const started = () => jobs.map((job) => job.hasStarted());
  const results = jobs.map((job) => semaphore.run(job.work));
  expect(started()).toEqual([true, true, false, false]);
  expect([semaphore.running, semaphore.free]).toEqual([2, 0]);
  jobs[1]?.end("second");
  await settle();
  expect(started()).toEqual([true, true, true, false]);
  expect([semaphore.running, semaphore.free]).toEqual([2, 0]);
  for (const job of jobs) job.end("other");
  expect(await Promise.all(results)).toEqual(["other", "second", "other", "other"]);
  expect([semaphore.running, semaphore.free]).toEqual([0, 2]);
});

test("work that fails, or throws, leaves its place to the next", async () => {
  const semaphore = new Semaphore(1);
  const failing = semaphore.run(() => Promise.reject(new Error("rejected")));
  const throwing = semaphore.run(() => {
    throw new Error("thrown");
  });
  const last = semaphore.run(async () => "ran");
  await expect(failing).rejects.toThrow("rejected");
  await expect(throwing).rejects.toThrow("thrown");
  expect(await last).toBe("ran");
  expect(semaphore.free).toBe(1);
});

test("whenFree resolves when a place is free, and does not reserve it", async () => {
  const semaphore = new Semaphore(1);
  await semaphore.whenFree();
  const job = manual();
  void semaphore.run(job.work);
  const isFree = watch(semaphore.whenFree());
  await settle();
  expect(isFree()).toBe(false);
  job.end("");
  await settle();
  expect(isFree()).toBe(true);
  expect(semaphore.free).toBe(1);
});

test("whenFree waits on when the free place goes to work that was queued", async () => {
  const semaphore = new Semaphore(1);
  const [first, second] = [manual(), manual()];
  void semaphore.run(first.work);
  void semaphore.run(second.work);
  const isFree = watch(semaphore.whenFree());
  first.end("");
  await settle();
  expect([isFree(), second.hasStarted()]).toEqual([false, true]);
  second.end("");
  await settle();
  expect(isFree()).toBe(true);
});

test("whenFree ends when its signal is aborted, or already was", async () => {
  const semaphore = new Semaphore(1);
  const job = manual();
  const running = semaphore.run(job.work);
  const controller = new AbortController();
  const waiting = semaphore.whenFree(controller.signal);
  controller.abort();
  await waiting;
  await semaphore.whenFree(controller.signal);
  expect(semaphore.free).toBe(0);
  job.end("");
  await running;
});

test("whenIdle waits for running and queued work, and resolves at once if there is none", async () => {
  const semaphore = new Semaphore(1);
  await semaphore.whenIdle();
  const [first, second] = [manual(), manual()];
  void semaphore.run(first.work);
  void semaphore.run(second.work);
  const isIdle = watch(semaphore.whenIdle());
  first.end("");
  await settle();
  expect(isIdle()).toBe(false);
  second.end("");
  await settle();
  expect(isIdle()).toBe(true);
});

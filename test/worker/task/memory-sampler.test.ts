import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MemorySampler } from "../../../worker/task/memory-sampler.ts";
import { stoppedClock } from "../../support/env.ts";

const MB = 1024 * 1024;

/** A sampler of one process in group 7, whose resident memory the test sets. */
function testSampler() {
  const clock = stoppedClock();
  const proc = mkdtempSync(join(tmpdir(), "anamo-proc-"));
  onTestFinished(() => rmSync(proc, { recursive: true }));
  mkdirSync(join(proc, "42"));
  writeFileSync(join(proc, "42", "stat"), "42 (a task) S 1 7 7 0 -1");
  const sampler = new MemorySampler({ proc, ...clock });
  onTestFinished(() => sampler.close());
  const holds = (megabytes: number) => writeFileSync(join(proc, "42", "status"), `VmRSS:\t${megabytes * 1024} kB\n`);
  return { clock, sampler, holds };
}

test("the memory of a task is sampled soon after its start, then less and less often, at least every two seconds", () => {
  const { clock, sampler } = testSampler();
  sampler.add(7);
  const waits: number[] = [];
  for (let looks = 0; looks < 9; looks++) {
    const [waitMs = 0] = clock.dueInMs();
    waits.push(waitMs);
    clock.advance(waitMs);
  }
  expect(waits).toEqual([25, 50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
});

test("the peak is the highest sample while the task ran", () => {
  const { clock, sampler, holds } = testSampler();
  sampler.add(7);
  for (const megabytes of [10, 30, 20]) {
    holds(megabytes);
    clock.advance(clock.dueInMs()[0] ?? 0);
  }
  expect(sampler.remove(7)).toBe(30 * MB);
});

test("a task that starts later is sampled soon, too; sampling ends when all tasks have ended", () => {
  const { clock, sampler, holds } = testSampler();
  sampler.add(1);
  clock.advance(5_000);
  expect(clock.dueInMs()[0]).toBeGreaterThan(25);
  holds(10);
  sampler.add(7);
  expect(clock.dueInMs()).toEqual([25]);
  clock.advance(25);
  expect(sampler.remove(7)).toBe(10 * MB);
  sampler.remove(1);
  clock.advance(10_000);
  expect(clock.dueInMs()).toEqual([]);
});

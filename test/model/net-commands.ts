import fc from "fast-check";
import { expect } from "vitest";
import type { BatchJob } from "../../lib/jobs/batch-job.ts";
import { reconcileJob } from "../../lib/jobs/reconcile.ts";
import { sweep } from "../../lib/jobs/sweep.ts";
import { expectCounts } from "./checks.ts";
import { command, type LifeCommand, wait } from "./command.ts";
import {
  endAttempt,
  GRACE_MS,
  JOB_ENDINGS,
  JOBS,
  type JobEnding,
  type Model,
  type ModelItem,
  POLICY,
} from "./model.ts";

/**
 * Things that happen by themselves: time passes, jobs end, their events arrive late and twice, and sweeps check
 * everything.
 */
export function netCommands(): fc.Arbitrary<LifeCommand>[] {
  const job = fc.constantFrom(...JOBS);
  const how = fc.constantFrom(...JOB_ENDINGS);
  return [
    fc.constantFrom(1_000, 5_000, 20_000, 61_000, 70_001, 1_000_000).map(waitCommand),
    fc
      .oneof({ weight: 6, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })
      .map(sweepCommand),
    fc.tuple(job, how).map(([id, why]) => jobEndsCommand(id, why)),
    fc.tuple(job, how, fc.nat(2)).map(([id, why, late]) => reconcileCommand(id, why, late)),
    fc.constant(command("a summary", expectCounts)),
  ];
}

function waitCommand(ms: number): LifeCommand {
  return command(`${ms} ms pass`, async (model, real) => wait(model, real, ms));
}

function jobEndsCommand(job: string, how: JobEnding): LifeCommand {
  return command(`an attempt of ${job} ends: ${how}`, async ({ jobs }) => {
    jobs.set(job, { ended: (jobs.get(job)?.ended ?? 0) + 1, how });
  });
}

function reconcileCommand(job: string, cause: JobEnding, late: number): LifeCommand {
  return command(`Batch's event: attempt -${late} of ${job} has ended, ${cause}`, async (model, { table }) => {
    const endedAttempts = Math.max(0, (model.jobs.get(job)?.ended ?? 0) - late);
    const found = await reconcileJob(table, { instance: job, endedAttempts, cause, message: "its job ended" }, POLICY);
    const expected = free(model, (item) => (holderOf(model, item, job) <= endedAttempts ? cause : undefined));
    expect({ freed: found.freed.sort(), failed: found.failed.sort() }, "what was freed").toEqual(expected);
  });
}

function sweepCommand(isKnown: boolean): LifeCommand {
  return command(isKnown ? "a sweep" : "a sweep, when Batch has forgotten all jobs", async (model, { table }) => {
    const report = await sweep(table, { describeJobs: async () => (isKnown ? batchJobs(model) : []) }, POLICY);
    const { freed, failed } = free(model, (item) => {
      for (const [job, { ended, how }] of model.jobs) {
        const attempt = holderOf(model, item, job);
        if (attempt === Number.POSITIVE_INFINITY) continue;
        if (isKnown && attempt <= ended) return how;
      }
      return (item.leaseExpiresAtMs ?? 0) + GRACE_MS < model.nowMs ? "lost" : undefined;
    });
    expect({ freed: report.freed, failed: report.failed }, "what was swept").toEqual({
      freed: freed.length,
      failed: failed.length,
    });
  });
}

/** The attempt of a job that has an item; none: infinitely late. */
function holderOf({ claims }: Model, { claim }: ModelItem, job: string): number {
  const mine = claims[claim ?? -1];
  return mine?.instance === job ? mine.jobAttempt : Number.POSITIVE_INFINITY;
}

/** Frees the locked items for which there is a cause. */
function free(model: Model, causeOf: (item: ModelItem) => JobEnding | undefined) {
  const result: { freed: string[]; failed: string[] } = { freed: [], failed: [] };
  for (const item of model.items.values()) {
    const cause = item.state === "locked" ? causeOf(item) : undefined;
    if (!cause) continue;
    endAttempt(model, item, cause);
    const isFailed = (item.state as string) === "failed";
    result[isFailed ? "failed" : "freed"].push(item.itemId);
  }
  return { freed: result.freed.sort(), failed: result.failed.sort() };
}

function batchJobs({ jobs }: Model): BatchJob[] {
  return [...jobs].map(([jobId, { ended, how }]) => ({
    jobId,
    status: "RUNNING",
    attempts: Array.from({ length: ended }, () => ({
      stoppedAt: 1,
      ...(how === "interrupted" && { statusReason: "Host EC2 (instance i-1) terminated." }),
      ...(how === "oom" && { container: { reason: "OutOfMemoryError: Container killed due to memory usage" } }),
    })),
  }));
}

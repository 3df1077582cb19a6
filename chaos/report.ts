import type { Summary } from "../lib/progress/summarize.ts";
import type { Audit } from "./audit.ts";
import type { ChaosOptions } from "./options.ts";
import { type Tally, total } from "./tally.ts";
import type { Verdict } from "./verify.ts";

/** The result of a run, as it is printed. */
export interface ChaosReport {
  seed: number;
  /** equal for two runs that meet the same faults */
  plan: string;
  seconds: number;
  workers: number;
  items: { total: number; done: number; failed: number };
  tasks: number;
  /** how often scripts started: once for each completed task, and the extra runs */
  runs: number;
  completed: number;
  kills: Record<string, number> & { total: number };
  /** by where they were injected */
  faults: { total: number } & Record<string, unknown>;
  requests: { total: number; dynamodb: number; s3: number };
  lost: number;
  doublyCompleted: number;
  unexplained: number;
  /** runs that began before the items that they wait for were done */
  early: number;
  extraRuns: { total: number; byReason: Record<string, number>; runs: Record<string, readonly string[]> };
  /** one sentence for each violation */
  problems: string[];
}

/** Adds up a run. */
export function reportOf(found: {
  options: ChaosOptions;
  plan: string;
  seconds: number;
  tally: Tally;
  requests: Record<"dynamodb" | "s3", number>;
  verdict: Verdict;
  audit: Audit;
  items: Summary["items"];
}): ChaosReport {
  const { options, plan, seconds, tally, requests, verdict, audit, items } = found;
  const byReason = Object.fromEntries(Object.entries(verdict.extraRuns).map(([reason, runs]) => [reason, runs.length]));
  const faults = Object.values(tally.faults).reduce((sum, counts) => sum + total(counts), 0);
  const report: ChaosReport = {
    seed: options.seed,
    plan,
    seconds: Math.round(seconds),
    workers: options.workers,
    items: { total: verdict.items, done: verdict.done, failed: verdict.failed },
    tasks: verdict.tasks,
    runs: verdict.runs,
    completed: verdict.completed,
    kills: { total: total(tally.kills), ...tally.kills },
    faults: { total: faults, ...tally.faults },
    requests: { total: total(requests), ...requests },
    lost: verdict.lost.length,
    doublyCompleted: verdict.doublyCompleted.length + audit.lateEnds.length,
    unexplained: verdict.unexplained.length,
    early: verdict.early.length,
    extraRuns: { total: total(byReason), byReason, runs: verdict.extraRuns },
    problems: [
      ...verdict.imports,
      ...verdict.lost,
      ...verdict.doublyCompleted,
      ...audit.lateEnds,
      ...verdict.unexplained,
      ...verdict.early.map((run) => `started too early: ${run}`),
    ],
  };
  if (report.runs !== report.completed + report.extraRuns.total) report.problems.push("the runs do not add up");
  if (items.done !== verdict.done || items.failed !== verdict.failed || items.done + items.failed !== verdict.items) {
    report.problems.push(`the table counts ${JSON.stringify(items)}`);
  }
  return report;
}

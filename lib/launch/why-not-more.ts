import { drainingSentence } from "../settings/standstills.ts";
import type { LaunchReport } from "./launch-report.ts";

/** Why a launch started no workers, or not more, as a sentence without a period. */
export function whyNotMore(report: Omit<LaunchReport, "why">): string {
  return report.launched > 0 ? whyNotAll(report) : whyNone(report);
}

function whyNotAll({ limit, itemsPerWorker, maxWorkers, counted }: Omit<LaunchReport, "why">): string {
  switch (limit) {
    case "work":
      return `the ${waitingItems(counted)} ${counted?.waiting === 1 && !counted.atLeast ? "needs" : "need"} no more, at ${itemsPerWorker} per worker`;
    case "enough":
      return `together with the ${workers(counted)}, that is enough for all items, at ${itemsPerWorker} per worker`;
    case "cap":
      return `no more than ${maxWorkers} may run for this table at a time`;
    case "array":
      return "that is the most that Batch accepts in one call: launch again for more";
    default:
      return "no more were asked for";
  }
}

function whyNone(report: Omit<LaunchReport, "why">): string {
  const { limit, itemsPerWorker, maxWorkers, counted, paused, draining } = report;
  switch (limit) {
    case "busy":
      return report.asked
        ? "another launch for this table is in progress, and counts again before it ends"
        : "another launch for this table is in progress";
    case "draining":
      return draining ? drainingSentence(draining) : "the table is draining";
    case "enough":
      return `the ${workers(counted)} can do the ${waitingItems(counted)}, at ${itemsPerWorker} per worker`;
    case "cap":
      return `there are ${workers(counted)}, and no more than ${maxWorkers} may run`;
    default:
      return paused.length > 0
        ? `no items are waiting, except in paused steps: ${paused.join(", ")}`
        : "no items are waiting";
  }
}

function waitingItems(counted: LaunchReport["counted"]): string {
  const { waiting = 0, atLeast } = counted ?? {};
  return `${waiting}${atLeast ? " or more" : ""} waiting item${waiting === 1 && !atLeast ? "" : "s"}`;
}

function workers(counted: LaunchReport["counted"]): string {
  const { running = 0, starting = 0 } = counted ?? {};
  const noun = running + starting === 1 ? "worker" : "workers";
  return starting === 0 ? `${running} running ${noun}` : `${running + starting} running or starting ${noun}`;
}

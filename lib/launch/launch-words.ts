import { drainingSentence } from "../settings/standstills.ts";
import type { LaunchReport } from "./launch-report.ts";

/** Why a launch started none, or not more, in a sentence without its full stop. */
export function whyNotMore(report: Omit<LaunchReport, "why">): string {
  return report.launched > 0 ? whyNotAll(report) : whyNone(report);
}

function whyNotAll({ limit, itemsPerWorker, maxWorkers, counted }: Omit<LaunchReport, "why">): string {
  switch (limit) {
    case "work":
      return `that is all that the ${waitingItems(counted)} ${counted?.waiting === 1 && !counted.atLeast ? "asks" : "ask"} for, at ${itemsPerWorker} a worker`;
    case "enough":
      return `with the ${atWork(counted)} that is enough for all items, at ${itemsPerWorker} a worker`;
    case "cap":
      return `no more than ${maxWorkers} may be at work for this table at a time`;
    case "array":
      return "that is the most that Batch takes in one call: launch again for more";
    default:
      return "no more were asked for";
  }
}

function whyNone(report: Omit<LaunchReport, "why">): string {
  const { limit, itemsPerWorker, maxWorkers, counted, paused, draining } = report;
  switch (limit) {
    case "busy":
      return "another launch for this table is at work";
    case "draining":
      return draining ? drainingSentence(draining) : "the table is being drained";
    case "enough":
      return `the ${atWork(counted)} are enough for the ${waitingItems(counted)}, at ${itemsPerWorker} a worker`;
    case "cap":
      return `${atWork(counted)} are there, and no more than ${maxWorkers} may be`;
    default:
      return paused.length > 0 ? `no item waits, but in steps that are paused: ${paused.join(", ")}` : "no item waits";
  }
}

function waitingItems(counted: LaunchReport["counted"]): string {
  const { waiting = 0, atLeast } = counted ?? {};
  return `${waiting}${atLeast ? " or more" : ""} waiting item${waiting === 1 && !atLeast ? "" : "s"}`;
}

function atWork(counted: LaunchReport["counted"]): string {
  const { running = 0, starting = 0 } = counted ?? {};
  const workers = `worker${running + starting === 1 ? "" : "s"}`;
  return starting === 0 ? `${running} ${workers} at work` : `${running + starting} ${workers} at work or on their way`;
}

import fc from "fast-check";
import { deliverChecked, events } from "./events.ts";
import { commandLists, damagedFiles, delimitedFiles, jsonFiles, sheets } from "./files.ts";
import { importStudyChecked, studies } from "./studies.ts";
import { type FuzzCounts, type FuzzWorld, importChecked } from "./world.ts";

/** Everything that can be fuzzed. */
export const TARGETS = ["delimited", "sheets", "json", "commands", "damaged", "studies", "events"] as const;
export type Target = (typeof TARGETS)[number];

/** A case that takes longer than this hangs. */
const HANG_MS = 60_000;

export interface FuzzOptions {
  seed: number;
  /** in total */
  cases: number;
  /** in total; after that, no more cases begin */
  durationMs: number;
  targets?: readonly Target[];
}

export interface FuzzReport extends FuzzCounts {
  seed: number;
  cases: number;
  byTarget: Partial<Record<Target, number>>;
  /** what went wrong, each problem with the smallest case that shows it */
  problems: string[];
}

/** Tries cases made from a seed. None may crash, hang, or leave a row unaccounted for. */
export async function fuzz(world: FuzzWorld, options: FuzzOptions): Promise<FuzzReport> {
  const { seed, cases, durationMs, targets = TARGETS } = options;
  const byTarget: FuzzReport["byTarget"] = {};
  const problems: string[] = [];
  const endsAt = performance.now() + durationMs;
  for (const [index, target] of targets.entries()) {
    const leftMs = Math.max(1, (endsAt - performance.now()) / (targets.length - index));
    const details = await fc.check(propertyOf(world, target) as fc.IAsyncProperty<unknown>, {
      seed,
      numRuns: Math.max(1, Math.round(cases / targets.length)),
      timeout: HANG_MS,
      interruptAfterTimeLimit: leftMs,
    });
    byTarget[target] = details.numRuns;
    if (details.failed && !details.interrupted)
      problems.push(`${target}: ${details.errorInstance}\n${fc.defaultReportMessage(details)}`);
  }
  const done = Object.values(byTarget).reduce((sum, count) => sum + count, 0);
  return { seed, cases: done, byTarget, ...world.counts, problems };
}

function propertyOf(world: FuzzWorld, target: Target) {
  const file = { delimited: delimitedFiles, sheets, json: jsonFiles, commands: commandLists, damaged: damagedFiles };
  if (target === "events") return fc.asyncProperty(events, (event) => deliverChecked(world, event));
  if (target === "studies") return fc.asyncProperty(studies, (one) => importStudyChecked(world, one));
  return fc.asyncProperty(file[target], (one) => importChecked(world, one));
}

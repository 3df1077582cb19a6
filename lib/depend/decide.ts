import { toleratedOf } from "../items/dependencies.ts";
import { sampleOf } from "../store/members.ts";
import { allTarget, itemTarget, sampleTarget } from "../store/waiting-keys.ts";
import type { Predecessor, Snapshot } from "./snapshot.ts";
import { TABLE_GATE } from "./snapshot.ts";
import type { Watcher } from "./watcher.ts";

/** One thing that a watcher waits for: a whole step, its own sample's items in a step, or an item. */
export interface Part {
  /** the target under which the index would list the watcher */
  target: string;
  /** the step; undefined for an item that is named by id */
  step: string | undefined;
  itemId?: string;
  isWhole: boolean;
  /** the predecessors that exist */
  found: readonly Predecessor[];
}

/**
 * What to do about a watcher: release it; or wait for an unfinished item, for failed items to be started over (it is
 * blocked), for an import to end, or for something to be added.
 */
export type Decision =
  | { kind: "release" }
  | { kind: "unfinished"; part: Part; on: Predecessor }
  | { kind: "blocked"; parts: readonly { part: Part; failed: readonly Predecessor[] }[] }
  | { kind: "importing"; part: Part; gate: string }
  | { kind: "nothing"; part: Part; gate: string };

/** The parts of what a watcher waits for, whole steps first. */
export function partsOf({ dependencies, taskId }: Watcher, snapshot: Snapshot): Part[] {
  const { after = [], afterAll = [], afterItems = [] } = dependencies;
  const { samples, items } = snapshot;
  return [
    ...afterAll.map((step) => ({
      target: allTarget(step, dependencies),
      step,
      isWhole: true,
      found: allOfStep(snapshot, step),
    })),
    ...after.map((step) => ({
      target: sampleTarget(step, taskId),
      step,
      isWhole: false,
      found: samples.get(step)?.get(sampleOf(taskId)) ?? [],
    })),
    ...afterItems.map((itemId) => {
      const item = items.get(itemId);
      return { target: itemTarget(itemId), step: undefined, itemId, isWhole: false, found: item ? [item] : [] };
    }),
  ];
}

/** All items of a step in a snapshot. All watchers share one list, because thousands may wait for thousands. */
function allOfStep(snapshot: Snapshot, step: string): readonly Predecessor[] {
  const lists = wholeSteps.get(snapshot) ?? new Map<string, readonly Predecessor[]>();
  wholeSteps.set(snapshot, lists);
  const known = lists.get(step);
  if (known) return known;
  const found = [...(snapshot.samples.get(step)?.values() ?? [])].flat();
  lists.set(step, found);
  return found;
}

const wholeSteps = new WeakMap<Snapshot, Map<string, readonly Predecessor[]>>();

interface Open {
  /** an unfinished item */
  on: Predecessor | undefined;
  failed: readonly Predecessor[];
}

/**
 * The items in a list that are not done, computed once per list. Prefers to wait for an item that is running or can
 * run.
 */
function openIn(found: readonly Predecessor[], blocked: ReadonlySet<string>): Open {
  const known = opens.get(found);
  if (known) return known;
  const unfinished = found.filter((item) => isUnfinished(item) && !blocked.has(item.itemId));
  const on = unfinished.find(({ state }) => state !== "waiting") ?? unfinished[0];
  const failed = found.filter(
    ({ itemId, state }) => state === "failed" || (state === "waiting" && blocked.has(itemId)),
  );
  const open = { on, failed };
  opens.set(found, open);
  return open;
}

const opens = new WeakMap<readonly Predecessor[], Open>();

/** Decides about one watcher. Checks everything that it names, because what was done before may have been reset. */
export function decide(watcher: Watcher, snapshot: Snapshot): Decision {
  const parts = partsOf(watcher, snapshot);
  for (const part of parts) {
    const { on } = openIn(part.found, snapshot.blocked);
    if (on) return { kind: "unfinished", part, on };
  }
  const blocked = parts.flatMap((part) => {
    const { failed } = openIn(part.found, snapshot.blocked);
    return failed.length > toleratedIn(part, watcher) ? [{ part, failed }] : [];
  });
  if (blocked.length > 0) return { kind: "blocked", parts: blocked };
  for (const part of parts) {
    const { step } = part;
    if (step !== undefined && (snapshot.gates.get(step)?.running.size ?? 0) > 0)
      return { kind: "importing", part, gate: step };
  }
  const empty = parts.find(({ found }) => found.length === 0);
  return empty ? { kind: "nothing", part: empty, gate: empty.step ?? TABLE_GATE } : { kind: "release" };
}

/** Whether an item may still be done without being started over. */
export function isUnfinished({ state }: Pick<Predecessor, "state">): boolean {
  return state !== "done" && state !== "failed";
}

/** How many items of a part may fail. */
export function toleratedIn({ isWhole, found }: Part, { dependencies }: Watcher): number {
  return isWhole ? toleratedOf(dependencies.allowFailed, found.length) : 0;
}

import { createHash } from "node:crypto";
import { plannedFault } from "./fault-rates.ts";
import { Random } from "./random.ts";

/**
 * What happens to the processes of a run, and when.
 *
 * - `sigkill`, `sigterm`: to one worker. `terminate`: Batch is told to end a worker's job.
 * - `freeze`: SIGSTOP to one worker until its lease is long over, then SIGCONT. Its tasks keep running. `nap`: shorter
 *   than a lease.
 * - `killStore`: SIGKILL to the database, then to the rest of the stack (bucket, Batch), which is started again.
 *   `killStack`: SIGKILL to the rest only; the database closes properly.
 * - `killFunctions`: SIGKILL to the process that runs the functions.
 * - `outage`: for a while every request to a service is reset.
 * - `drain`: workers claim nothing for a while. `pause`: the same for one step.
 */
export type ActionKind =
  | "sigkill"
  | "sigterm"
  | "terminate"
  | "freeze"
  | "nap"
  | "killStore"
  | "killStack"
  | "killFunctions"
  | "outage"
  | "drain"
  | "pause";

export interface Action {
  kind: ActionKind;
  /** milliseconds since the start of the run */
  atMs: number;
  /** the worker that it affects, from 0; for `outage` and `pause`, an even number means the first of two targets */
  slot: number;
  /** how long it lasts, in milliseconds; 0 if it is over at once */
  forMs: number;
}

export interface PlanOptions {
  seed: number;
  workers: number;
  durationMs: number;
}

interface Kind {
  /** the average time between two of them: for each worker, or for the whole run */
  everySeconds: number;
  each: "worker" | "run";
  /** the minimum number, however short the run */
  least: number;
  forMs?: readonly [number, number];
}

/** A frozen worker must outlast its lease (3 s), the 10 s that the sweep grants every lease, and the next sweep. */
const FREEZE_MS = [14_500, 18_000] as const;

const KINDS: Record<ActionKind, Kind> = {
  sigkill: { everySeconds: 25, each: "worker", least: 2 },
  sigterm: { everySeconds: 70, each: "worker", least: 1 },
  terminate: { everySeconds: 60, each: "run", least: 1 },
  freeze: { everySeconds: 150, each: "worker", least: 1, forMs: FREEZE_MS },
  nap: { everySeconds: 120, each: "worker", least: 1, forMs: [300, 1_500] },
  killStore: { everySeconds: 70, each: "run", least: 1 },
  killStack: { everySeconds: 90, each: "run", least: 0 },
  killFunctions: { everySeconds: 15, each: "run", least: 1 },
  outage: { everySeconds: 25, each: "run", least: 1, forMs: [300, 2_000] },
  drain: { everySeconds: 100, each: "run", least: 0, forMs: [1_000, 3_000] },
  pause: { everySeconds: 60, each: "run", least: 1, forMs: [1_000, 4_000] },
};

/** Everything that happens to the processes of a run, in order. It depends only on the options. */
export function planOf({ seed, workers, durationMs }: PlanOptions): Action[] {
  const actions = (Object.entries(KINDS) as [ActionKind, Kind][]).flatMap(([kind, found]) => {
    const { everySeconds, each, least, forMs = [0, 0] } = found;
    const random = new Random(seed, "plan", kind);
    const mean = ((durationMs / 1_000) * (each === "worker" ? workers : 1)) / everySeconds;
    const count = Math.max(least, Math.round(mean));
    // a freeze must end before the run does
    const latestMs = Math.max(0.3 * durationMs, 0.9 * durationMs - forMs[1]);
    return Array.from({ length: count }, (): Action => {
      const atMs = Math.round(random.between(0, Math.round(latestMs)));
      return { kind, atMs, slot: random.between(0, workers - 1), forMs: random.between(...forMs) };
    });
  });
  return actions.sort((a, b) => a.atMs - b.atMs || a.kind.localeCompare(b.kind));
}

/** A worker's clock: how far off it is at the start, and a later jump, in milliseconds. */
export interface ClockFault {
  skewMs: number;
  jumpAfterMs: number;
  jumpMs: number;
}

/** The clock of the n-th process started in a slot: one in two is right. */
export function clockOf(seed: number, slot: number, start: number): ClockFault {
  const random = new Random(seed, "clock", slot, start);
  const right = { skewMs: 0, jumpAfterMs: 0, jumpMs: 0 };
  switch (random.between(0, 5)) {
    case 0:
      return { ...right, skewMs: random.pick([-1, 1]) * random.between(3_000, 600_000) };
    case 1:
      return { ...right, skewMs: random.pick([-1, 1]) * random.between(500, 12_000) };
    case 2:
      return { ...right, jumpAfterMs: random.between(2_000, 20_000), jumpMs: random.between(-300_000, 300_000) };
    default:
      return right;
  }
}

/** What happens to an event on its way to a function. */
export type EventFault = "carry" | "drop" | "duplicate" | "delay";

/** The fault of the n-th event for a function. S3 loses no events, so those for imports are delayed instead. */
export function eventFault(seed: number, name: string, number: number): { kind: EventFault; delayMs: number } {
  const random = new Random(seed, "event", name, number);
  const kind = random.weighted<EventFault>({ drop: 0.15, duplicate: 0.2, delay: 0.2 }, "carry");
  // a copy of an import's event may arrive long after its items are done
  const delayMs = random.between(100, name === "import" && kind === "duplicate" ? 30_000 : 3_000);
  return { kind: kind === "drop" && name === "import" ? "delay" : kind, delayMs };
}

/** A short name for everything that follows from the options: equal for two runs that meet the same faults. */
export function fingerprint(options: PlanOptions): string {
  const { seed } = options;
  const numbers = Array.from({ length: 1_000 }, (_, number) => number);
  const plan = [
    planOf(options),
    numbers.map((number) => [plannedFault(seed, "dynamodb", number), plannedFault(seed, "s3", number)]),
    numbers.map((number) => [clockOf(seed, number, 1), eventFault(seed, "reconcile", number)]),
  ];
  return createHash("sha256").update(JSON.stringify(plan)).digest("hex").slice(0, 12);
}

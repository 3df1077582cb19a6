import { Run, type Scenario, type Step } from "./run.ts";

/** An order of calls that leads to something wrong. */
export class FoundError extends Error {
  constructor(cause: unknown, trace: readonly string[]) {
    super(`${cause instanceof Error ? cause.message : String(cause)}\n${trace.join("\n")}`, { cause });
  }
}

/** Runs a scenario in one order; `pick` chooses each next step. */
export async function runOnce(scenario: Scenario, pick: (steps: readonly Step[], run: Run) => Step | undefined) {
  const run = new Run(scenario);
  try {
    await run.begin();
    for (;;) {
      if (run.failure !== undefined) throw run.failure;
      const steps = run.steps();
      if (steps.length === 0) {
        if (await scenario.rest?.(run)) continue;
        scenario.end?.(run);
        return run;
      }
      const step = pick(steps, run);
      if (!step) return run;
      await run.take(step);
    }
  } catch (error) {
    throw error instanceof FoundError ? error : new FoundError(error, run.trace);
  }
}

/** Runs a scenario in `runs` random orders, which are the same for the same seed. */
export async function exploreAtRandom(scenario: () => Scenario, { runs, seed }: { runs: number; seed: number }) {
  let state = seed;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let count = 0; count < runs; count++) {
    // some orders switch at every call, others stay with one process for a long time
    const stay = random();
    let last: Step["by"];
    await runOnce(scenario(), (steps) => {
      const own = random() < stay ? steps.filter(({ by }) => by !== undefined && by === last) : [];
      const from = own.length > 0 ? own : steps;
      const step = from[Math.floor(random() * from.length)];
      last = step?.by;
      return step;
    });
  }
}

/**
 * Runs a scenario in all orders, up to `limit` different places and `limitMs`, and continues from each place once.
 * Returns how many places were seen, and whether those were all.
 */
export async function exploreAll(
  scenario: () => Scenario,
  limit: number,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<{ places: number; isAll: boolean }> {
  const endMs = performance.now() + limitMs;
  const seen = new Set<string>();
  const todo: number[][] = [[]];
  while (todo.length > 0) {
    const prefix = todo.pop() ?? [];
    const path = [...prefix];
    let at = 0;
    await runOnce(scenario(), (steps, run) => {
      if (at < prefix.length) return steps[prefix[at++] ?? 0];
      const { place } = run;
      if (seen.has(place) || seen.size >= limit) return undefined;
      seen.add(place);
      for (let other = steps.length - 1; other > 0; other--) todo.push([...path, other]);
      path.push(0);
      at++;
      return steps[0];
    });
    if (seen.size >= limit || performance.now() > endMs) return { places: seen.size, isAll: false };
  }
  return { places: seen.size, isAll: true };
}

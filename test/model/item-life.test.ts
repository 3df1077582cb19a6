import fc from "fast-check";
import { test } from "vitest";
import { addCommands } from "./add-commands.ts";
import { changeCommands } from "./change-commands.ts";
import { expectCounts, expectNoLitter, expectSame } from "./checks.ts";
import { newModel } from "./model.ts";
import { netCommands } from "./net-commands.ts";
import { newReal } from "./real.ts";
import { dropAllOrphans, workerCommands } from "./worker-commands.ts";

const runs = process.env.ANAMO_TEST_RUNS;
const seed = process.env.ANAMO_TEST_SEED;

test("whatever workers, people, sweeps and Batch do to items, rows, index, settings and counts say what they should", async () => {
  const workers = workerCommands();
  // fast-check begins with few moves, and the few runs of `npm test` would not get beyond that
  const moves = fc.noBias(
    fc.commands([...addCommands(), ...workers, ...workers, ...changeCommands(), ...netCommands()], {
      maxCommands: 60,
      size: "max",
    }),
  );
  await fc.assert(
    fc.asyncProperty(moves, async (commands) => {
      const real = await newReal();
      const model = newModel(real.clock.now());
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await expectCounts(model, real);
      await dropAllOrphans(model, real);
      await expectSame(model, real);
      await expectNoLitter(model, real);
    }),
    // with ANAMO_TEST_RUNS, different moves each time; a failure prints their seed
    {
      numRuns: Number(runs ?? 8),
      ...(seed ? { seed: Number(seed) } : runs === undefined ? { seed: 20_261_130 } : {}),
    },
  );
}, 86_400_000);

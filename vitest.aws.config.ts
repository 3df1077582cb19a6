import { defineConfig } from "vitest/config";
import { NODE_LOOPBACK_ONLY } from "./test/support/emulators/environment.ts";
import { dynoxideOrProblem } from "./test/support/emulators/fetch.ts";
import { ENGINE_VARIABLE, type Engine } from "./test/support/engines.ts";
import "./test/support/compiled.ts";

/** Tests that work on a table. `npm test` runs them on dynalite, this suite on the other engines. */
const ON_TABLES = ["lib", "functions", "worker", "workflow"].map((folder) => `test/${folder}/**/*.test.ts`);

/**
 * Tests of what the product's writes rely on. They run on dynoxide or, where that cannot be built, on MiniStack, which is
 * slow. With `ANAMO_ALL_ENGINES=yes`, as in the public workflow, MiniStack runs these too, and dynoxide runs all.
 */
const ON_ROWS = ["store", "claims", "changes", "jobs", "settings", "depend", "tables"].map(
  (folder) => `test/lib/${folder}/**/*.test.ts`,
);

const RUNS_ALL = process.env.ANAMO_ALL_ENGINES === "yes";

const onEngine = (engine: Engine, tests = ON_TABLES) => ({
  test: {
    name: engine,
    include: [...tests, "test/roles.test.ts"],
    exclude: [
      // these run one task and its processes, or read files, without a table
      "test/worker/task/**",
      "test/lib/{export,flow,forecast,inputs,process,report,results,study,taskfile}/**",
      "test/worker/results/**",
      // this one is slow, and about files
      "test/lib/import/import-parts.test.ts",
      // these have a table in memory
      "test/lib/depend/{explore,graphs}.test.ts",
      // these are about the connection to the table
      "test/{functions,workflow}/*outage.test.ts",
    ],
    globalSetup: "test/support/servers.ts",
    env: { [ENGINE_VARIABLE]: engine },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

const { problem: dynoxideProblem = "" } = await dynoxideOrProblem();
if (dynoxideProblem) console.warn(`The tests on dynoxide are skipped: ${dynoxideProblem}`);

/** `npm run test:aws`: tests on AWS-compatible servers. Needs Python; without Rust it skips dynoxide and says so. */
export default defineConfig({
  test: {
    // see vitest.config.ts
    maxWorkers: 3,
    isolate: false,
    projects: [
      {
        test: {
          name: "aws",
          include: ["test/aws/**/*.test.ts"],
          globalSetup: "test/support/emulators/setup.ts",
          execArgv: NODE_LOOPBACK_ONLY.split(" "),
          testTimeout: 120_000,
          hookTimeout: 120_000,
          provide: { dynoxideProblem },
        },
      },
      ...(dynoxideProblem ? [] : [onEngine("dynoxide", RUNS_ALL ? ON_TABLES : ON_ROWS)]),
      ...(dynoxideProblem || RUNS_ALL
        ? [onEngine("ministack", dynoxideProblem && RUNS_ALL ? ON_TABLES : ON_ROWS)]
        : []),
    ],
  },
});

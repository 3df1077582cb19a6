import { defineConfig } from "vitest/config";
import { NODE_LOOPBACK_ONLY } from "./test/support/emulators/environment.ts";
import { ENGINE_VARIABLE, type Engine } from "./test/support/engines.ts";

/** What works on a table, to be run on other engines than dynalite, on which `npm test` runs it. */
const ON_TABLES = ["lib", "functions", "worker", "workflow"].map((folder) => `test/${folder}/**/*.test.ts`);

const onEngine = (engine: Engine) => ({
  test: {
    name: engine,
    include: [...ON_TABLES, "test/roles.test.ts"],
    // one task and its processes: no table has a part in it
    exclude: ["test/worker/task/**"],
    globalSetup: "test/support/servers.ts",
    env: { [ENGINE_VARIABLE]: engine },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

/** `npm run test:aws`: what is proved on AWS-compatible servers; Python, Java and a minute of fetching are needed. */
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
        },
      },
      onEngine("dynamodb-local"),
      onEngine("ministack"),
    ],
  },
});

import { defineConfig } from "vitest/config";
import "./test/support/compiled.ts";

/** The tests with which `npm run mutation` judges item operations: those in this process, on their own table. */
export default defineConfig({
  test: {
    include: [
      "test/lib/{claims,changes,jobs,items,store}/**/*.test.ts",
      "test/lib/import/import-again.test.ts",
      "test/model/**/*.test.ts",
    ],
    globalSetup: "test/support/servers.ts",
    testTimeout: 600_000,
    hookTimeout: 600_000,
    isolate: false,
  },
});

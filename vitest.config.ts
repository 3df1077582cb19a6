import { defineConfig } from "vitest/config";
import "./test/support/compiled.ts";
import { LongFirst } from "./test/support/long-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // needs Python and Rust: see vitest.aws.config.ts
    exclude: ["test/aws/**"],
    globalSetup: "test/support/servers.ts",
    // only against hanging forever: no test may depend on how fast the machine is
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // half of what a test does is waiting, for its processes and servers
    maxWorkers: 3,
    // test files share modules: ours keep no state between files, and reloading them for each file takes a third longer
    isolate: false,
    sequence: { sequencer: LongFirst },
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // needs Python and Java: see vitest.aws.config.ts
    exclude: ["test/aws/**"],
    globalSetup: "test/support/servers.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // half of what a test does is waiting, for its processes and servers
    maxWorkers: 3,
    // nothing of ours is kept in a module that another file of tests could stumble over; loading all again takes a third longer
    isolate: false,
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // needs Python and Java: see vitest.aws.config.ts
    exclude: ["test/aws/**"],
    globalSetup: "test/support/servers.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 3,
  },
});

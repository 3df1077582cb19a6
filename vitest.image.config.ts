import { defineConfig } from "vitest/config";

/** `npm run test:image`: the image replayed in a root folder; Linux, root, and for the first time a minute of fetching. */
export default defineConfig({
  test: {
    include: ["test/image/**/*.replay.ts"],
    globalSetup: "test/support/servers.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

import { defineConfig } from "vitest/config";
import "./test/support/compiled.ts";

/** `npm run test:image`: replays the image in a root folder. Needs Linux and root, and a minute of downloads once. */
export default defineConfig({
  test: {
    include: ["test/image/**/*.replay.ts"],
    globalSetup: "test/support/servers.ts",
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});

import { defineConfig } from "vitest/config";
import { NODE_LOOPBACK_ONLY } from "./test/support/emulators/environment.ts";

/** `npm run test:aws`: what is proved on AWS-compatible servers; Python, Java and a minute of fetching are needed. */
export default defineConfig({
  test: {
    include: ["test/aws/**/*.test.ts"],
    globalSetup: "test/support/emulators/setup.ts",
    execArgv: NODE_LOOPBACK_ONLY.split(" "),
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});

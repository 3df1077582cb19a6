import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { expectNoLeaks, leaksFile } from "./environment.ts";
import { fetchPython } from "./fetch.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** folder for the files of this run's servers and commands */
    awsRunDir: string;
    /** why the tests on dynoxide are skipped; empty if they are not */
    dynoxideProblem: string;
  }
}

/**
 * Fetches the Python emulators before the first test. At the end, fails the run if anything tried to leave loopback.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await fetchPython();
  const dir = await mkdtemp(join(tmpdir(), "anamo-aws-"));
  process.env.ANAMO_TEST_LEAKS = leaksFile(dir);
  project.provide("awsRunDir", dir);
  return async () => {
    try {
      await expectNoLeaks(dir);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
}

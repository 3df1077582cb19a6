import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { expectNoLeaks, leaksFile } from "./environment.ts";
import { fetchDynamoDbLocal, fetchPython } from "./fetch.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** folder of this run, for what servers and commands leave behind */
    awsRunDir: string;
  }
}

/** Fetches the emulators before the first test; fails the run at its end if anything tried to leave loopback. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await fetchPython();
  await fetchDynamoDbLocal();
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

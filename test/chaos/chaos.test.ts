import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fingerprint } from "../../chaos/plan.ts";
import type { ChaosReport } from "../../chaos/report.ts";

const MAIN = fileURLToPath(new URL("../../chaos/main.ts", import.meta.url));

/** With `ANAMO_TEST_SEED`, a different plan than every day's. */
const seed = Number(process.env.ANAMO_TEST_SEED ?? 20_261_130);
const OPTIONS = { items: 40, workers: 3, minutes: 0.3 };

function runMain(args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(child.exitCode ?? -1) : 0, stdout, stderr });
    });
  });
}

const sum = (counts: object) => Object.values(counts).reduce((all: number, count) => all + Number(count), 0);

test("while workers, store and functions are killed, frozen and cut off, nothing is lost or completed twice", async () => {
  const args = Object.entries(OPTIONS).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { exitCode, stdout, stderr } = await runMain([...args, "--seed", String(seed)]);
  expect(stdout.split("\n"), stderr).toHaveLength(2);
  const report = JSON.parse(stdout) as ChaosReport;
  expect(report, stderr).toMatchObject({ lost: 0, doublyCompleted: 0, unexplained: 0, early: 0, problems: [], seed });
  expect(exitCode).toBe(0);
  // it adds up
  const { items, tasks, runs, completed, extraRuns, kills, faults, requests } = report;
  expect(items).toMatchObject({ total: OPTIONS.items, done: OPTIONS.items - items.failed });
  expect(runs).toBe(completed + extraRuns.total);
  expect(tasks).toBeGreaterThanOrEqual(completed);
  expect(extraRuns.total).toBe(sum(extraRuns.byReason));
  const { total: allKills, ...byKind } = kills;
  expect(allKills).toBe(sum(byKind));
  const { total: allFaults, ...byPlace } = faults;
  expect(allFaults).toBe(Object.values(byPlace).reduce((all: number, counts) => all + sum(counts as object), 0));
  expect(requests.total).toBe(requests.dynamodb + requests.s3);
  // and what was planned did happen
  expect(report.plan).toBe(fingerprint({ seed, workers: OPTIONS.workers, durationMs: OPTIONS.minutes * 60_000 }));
  for (const kind of ["sigkill", "sigterm", "freeze", "killStore", "killFunctions"])
    expect(kills[kind]).toBeGreaterThan(0);
});

test("a wrong option of npm run chaos is answered in one line", async () => {
  expect(await runMain(["--workers", "none"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "--workers: expected a number above 0, found none\n",
  });
});

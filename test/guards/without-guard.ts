import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guard } from "./guard.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Parts that a copy of the checkout does not need. */
const LEFT_OUT = new Set(["node_modules", ".git", ".cache", ".anamo", "dist", "docs", "coverage"]);

/** A copy of the checkout in which guards are removed. */
export interface Copy {
  dir: string;
  remove: () => Promise<void>;
}

/** Copies the checkout, without its large parts. */
export async function copyCheckout(): Promise<Copy> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-guards-"));
  for (const name of await readdir(ROOT)) {
    if (!LEFT_OUT.has(name)) await cp(join(ROOT, name), join(dir, name), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(dir, "node_modules"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Runs tests without a guard; returns the titles of those that failed, or why none ran. */
export async function failuresWithout(
  { dir }: Copy,
  { file, search, replace }: Guard,
  tests: { files: readonly string[]; title?: string },
): Promise<{ failed: string[]; problem?: string }> {
  const path = join(dir, file);
  const text = await readFile(path, "utf8");
  const report = join(dir, "guard-report.json");
  try {
    await rm(report, { force: true });
    await writeFile(
      path,
      text.replace(search, () => replace),
    );
    const files = tests.files.map((one) => `test/${one}`);
    const title = tests.title === undefined ? [] : ["--testNamePattern", escaped(tests.title)];
    const args = ["run", ...files, ...title, "--bail=1", "--reporter=json", `--outputFile=${report}`];
    // a guard may be what ends a loop
    args.push("--testTimeout=60000");
    await run(dir, args);
    return titlesIn(await readFile(report, "utf8"));
  } catch (error) {
    return { failed: [], problem: String(error) };
  } finally {
    await writeFile(path, text);
  }
}

function run(cwd: string, args: readonly string[]): Promise<void> {
  const vitest = spawn(process.execPath, [join("node_modules", "vitest", "vitest.mjs"), ...args], {
    cwd,
    stdio: "ignore",
  });
  return new Promise((resolve, reject) => vitest.on("error", reject).on("exit", () => resolve()));
}

function titlesIn(report: string): { failed: string[]; problem?: string } {
  const { testResults } = JSON.parse(report) as Report;
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const ran = all.filter(({ status }) => status === "passed" || status === "failed");
  const broken = testResults.find(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  if (ran.length === 0) return { failed: [], problem: broken?.message ?? "no test has this title" };
  return { failed: ran.filter(({ status }) => status === "failed").map(({ title }) => title) };
}

interface Report {
  testResults: {
    status: string;
    message: string;
    assertionResults: { title: string; status: string }[];
  }[];
}

function escaped(title: string): string {
  // a table of cases has one title with a placeholder for each value
  return title.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&").replaceAll(/%[sij]/g, ".*");
}

import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/* The files that say what this repository is, and what is fetched for it, agree with each other. */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (name: string) => readFile(new URL(`../${name}`, import.meta.url), "utf8");
const manifest = JSON.parse(await read("package.json"));
const lock = JSON.parse(await read("package-lock.json")) as { packages: Record<string, LockEntry> };

interface LockEntry {
  resolved?: string;
  hasInstallScript?: boolean;
}

test("the citation has the package's version, license and address", async () => {
  const citation = await read("CITATION.cff");
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(citation)?.[1];
  expect([field("version"), field("license"), field("repository-code")]).toEqual([
    manifest.version,
    manifest.license,
    manifest.repository.url.replace(/^git\+|\.git$/g, ""),
  ]);
});

test("the public workflow runs what must pass, by actions that nobody can replace", async () => {
  const workflow = await read(".github/workflows/ci.yml");
  const uses = [...workflow.matchAll(/uses: (.*)$/gm)].map(([, action = ""]) => action);
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  expect(workflow).toContain("run: .ci/run\n");
});

test("the lock file names no registry", () => {
  const registered = Object.values(lock.packages).filter(({ resolved }) => /^https?:/.test(resolved ?? ""));
  expect(registered).toEqual([]);
});

test("of each package with an install script it is said whether the script may run, so that npm asks nobody", () => {
  const names = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
  expect([...new Set(names)].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
});

test("packages whose inner parts we replace are pinned to one version", () => {
  const { dynalite, s3rver } = manifest.devDependencies;
  for (const version of [dynalite, s3rver]) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("comments in the sources are at most 120 columns wide", async () => {
  const files = await Array.fromAsync(
    glob("{bench,cli,functions,infra,lib,local,scripts,test,worker,workflow}/**/*.ts", { cwd: ROOT }),
  );
  expect(files.length).toBeGreaterThan(500);
  const wide = await Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(join(ROOT, file), "utf8")).split("\n");
      return lines.flatMap((line, at) => (isWideComment(line) ? [`${file}:${at + 1}`] : []));
    }),
  );
  expect(wide.flat()).toEqual([]);
});

function isWideComment(line: string): boolean {
  return line.length > 120 && /^\s*(\/\/|\/\*|\*\s)/.test(line) && [...line].length > 120;
}

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/*
 * npm run mutation [-- OPTIONS]: makes small changes to the code of item operations, one at a time, and runs the tests
 * that must notice. OPTIONS go to Stryker: `--mutate lib/claims/claim.ts` for one file.
 *
 * Stryker weighs 60 MB, more than all of vitest, so it is not a dependency: the first run installs it in .cache/. There
 * it finds the vitest of this checkout, and does not bring its own (`--legacy-peer-deps`).
 */

const VERSION = "10.1.1";
const ROOT = join(import.meta.dirname, "..");
const HOME = join(ROOT, ".cache", "stryker");
const STRYKER = join(HOME, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");

if (!existsSync(STRYKER)) await install();
const { status } = spawnSync(process.execPath, [STRYKER, "run", ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exitCode = status ?? 1;

async function install(): Promise<void> {
  await mkdir(HOME, { recursive: true });
  await writeFile(join(HOME, "package.json"), '{ "name": "anamo-mutation", "private": true }\n');
  const packages = ["core", "vitest-runner"].map((name) => `@stryker-mutator/${name}@${VERSION}`);
  const args = ["install", "--no-audit", "--no-fund", "--legacy-peer-deps", "--save-exact", ...packages];
  const { status: failed } = spawnSync("npm", args, { cwd: HOME, stdio: "inherit" });
  if (failed !== 0) throw new Error("npm could not install Stryker");
}

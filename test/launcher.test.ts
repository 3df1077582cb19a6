import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { BIN, cleanEnv } from "./support/anamo.ts";
import { testFolder } from "./support/worker.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LAUNCHER = join(ROOT, "anamo");

/** Runs a program to its end in an empty folder. */
async function runIn(cwd: string, program: string, args: readonly string[]) {
  return promisify(execFile)(program, args, { cwd, env: cleanEnv({}) }).catch((error: object) => error);
}

test("the launcher of the checkout works from any folder, and by a link", async () => {
  const dir = await testFolder();
  await symlink(LAUNCHER, join(dir, "anamo"));
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  for (const program of [LAUNCHER, "./anamo"]) {
    expect(await runIn(dir, program, ["--version"])).toEqual({ stdout: `${version}\n`, stderr: "" });
  }
});

test("the launcher says what to type where nothing is installed", async () => {
  const dir = await testFolder();
  await cp(LAUNCHER, join(dir, "anamo"));
  const stderr = `anamo: nothing is installed here yet: type "npm ci" in ${dir}\n`;
  expect(await runIn("/", join(dir, "anamo"), ["run"])).toMatchObject({ code: 2, stdout: "", stderr });
});

test("lines to be copied name the command as it was called, and never have npx ask a registry", async () => {
  const dir = await testFolder();
  const bin = join(dir, "node_modules/.bin");
  await mkdir(bin, { recursive: true });
  await symlink(LAUNCHER, join(dir, "anamo"));
  await symlink(BIN, join(bin, "anamo"));
  const told = async (program: string, ...args: string[]) => {
    const { stderr } = (await runIn(dir, program, [...args, "summary"])) as { stderr: string };
    return /start the stack of this folder with "(.*)"/.exec(stderr)?.[1];
  };
  expect(await told("./anamo")).toBe("./anamo local up");
  expect(await told(LAUNCHER)).toBe(`${LAUNCHER} local up`);
  expect(await told(process.execPath, join(bin, "anamo"))).toBe("npx --no-install anamo local up");
  expect(await told(process.execPath, BIN)).toBe("anamo local up");
});

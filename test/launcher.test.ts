import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
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

test("on the PATH, as npm link puts it there, it is called by its bare name and brings its own Node.js", async () => {
  const dir = await testFolder();
  const bin = join(dir, "bin");
  await mkdir(bin);
  await symlink(join(ROOT, "bin/anamo"), join(bin, "anamo"));
  const PATH = [bin, await toolsWithout("node")].join(delimiter);
  const { stderr } = await promisify(execFile)("bash", ["-c", "anamo summary"], { cwd: dir, env: { PATH } }).catch(
    (error: { stderr: string }) => error,
  );
  expect(stderr).toContain('or "anamo local up" in another terminal');
});

test("without a Node.js, the launcher of a package says so in one line", async () => {
  const dir = await testFolder();
  await cp(join(ROOT, "bin"), join(dir, "bin"), { recursive: true });
  const env = { PATH: await toolsWithout("node") };
  const run = promisify(execFile)(join(dir, "bin/anamo"), ["run"], { cwd: dir, env });
  expect(await run.catch((error: object) => error)).toMatchObject({
    ...{ code: 2, stdout: "" },
    stderr: "anamo: Node.js is not installed, or not on the PATH: https://nodejs.org (22.13 or newer)\n",
  });
});

test.each(["bin/start.cjs", "bin/check-node.cjs"])(
  "Node.js 10 can read %s, and say that it is too old",
  async (file) => {
    const code = await readFile(join(ROOT, file), "utf8");
    const forOld = await transform(code, { target: "node10", supported: { "dynamic-import": true } });
    expect(forOld.code).toBe((await transform(code, { target: "esnext" })).code);
    expect(code).not.toContain('require("node:');
  },
);

/** A folder with links to what the launcher needs, and nothing else. */
async function toolsWithout(name: "node"): Promise<string> {
  const folder = join(await testFolder(), `without-${name}`);
  await mkdir(folder);
  for (const tool of ["bash", "env", "dirname", "readlink"]) {
    const { stdout } = await promisify(execFile)("bash", ["-c", `type -P ${tool}`]);
    await symlink(stdout.trim(), join(folder, tool));
  }
  return folder;
}

test("lines to be copied name the command as it was called, and never have npx ask a registry", async () => {
  const dir = await testFolder();
  const bin = join(dir, "node_modules/.bin");
  await mkdir(bin, { recursive: true });
  await symlink(LAUNCHER, join(dir, "anamo"));
  await symlink(BIN, join(bin, "anamo"));
  const hintedCommand = async (program: string, ...args: string[]) => {
    const { stderr } = (await runIn(dir, program, [...args, "summary"])) as { stderr: string };
    return / or "(.*)" in another terminal/.exec(stderr)?.[1];
  };
  expect(await hintedCommand("./anamo")).toBe("./anamo local up");
  expect(await hintedCommand(LAUNCHER)).toBe(`${LAUNCHER} local up`);
  expect(await hintedCommand(process.execPath, join(bin, "anamo"))).toBe("npx --no-install anamo local up");
  expect(await hintedCommand(process.execPath, BIN)).toBe("anamo local up");
});

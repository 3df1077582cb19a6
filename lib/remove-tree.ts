import { spawn } from "node:child_process";
import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { toError } from "./errors.ts";

const MAX_MESSAGE = 500;

/**
 * Removes a folder and everything in it, including folders that are nested too deep for a path and those without write
 * permission. Leaves anything mounted below alone. Throws an error that says what could not be removed, and why.
 */
export async function removeTree(path: string): Promise<void> {
  // a dangling link still has to be removed
  if (!lstatSync(path, { throwIfNoEntry: false })) return;
  const real = join(realpathSync(dirname(path)), basename(path));
  const mounts = mountsBelow(real);
  if (mounts.length === 0) return await removeAll(real);
  await removeAround(real, mounts);
  throw new Error(`left alone what is mounted at ${mounts.join(", ")}: unmount it, then remove ${real}`);
}

/** Mount points at or below a folder, from Linux's list, which writes blanks and other special characters in octal. */
function mountsBelow(folder: string): string[] {
  let list: string;
  try {
    list = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return [];
  }
  if (!list.includes(escaped(folder))) return [];
  return list
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((mount) => mount === escaped(folder) || mount.startsWith(`${escaped(folder)}/`))
    .map((mount) =>
      mount.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
}

function escaped(path: string): string {
  return path.replace(/[ \t\n\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

async function removeAround(folder: string, mounts: readonly string[]): Promise<void> {
  if (mounts.includes(folder)) return;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const isAround = mounts.some((mount) => mount === path || mount.startsWith(`${path}/`));
    await (isAround ? removeAround(path, mounts) : removeAll(path));
  }
}

async function removeAll(path: string): Promise<void> {
  try {
    // Retries because processes of the task may still be writing, although they have just been killed.
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  } catch (error) {
    const said = await removeByCommands(path);
    // Node's own error is misleading: ENOTDIR, for a file with `chattr +i`
    if (existsSync(path)) throw new Error(`${path} could not be removed: ${said || toError(error).message}`);
  }
}

/** Unlike Node, these two commands descend folder by folder, so the length of the path does not matter. */
async function removeByCommands(path: string): Promise<string> {
  // Files in folders that the task made read-only (as Go's module cache does) cannot be removed otherwise.
  await run("chmod", ["-R", "u+rwX", path]);
  return await run("rm", ["-rf", path]);
}

/** Returns the first line that the program prints to stderr, without its own name. */
function run(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, LC_ALL: "C" } });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < MAX_MESSAGE) said += text;
    });
    child
      .once("error", () => resolve(""))
      .once("close", () => resolve((said.split("\n", 1)[0] ?? "").replace(/^\S*rm: /, "").slice(0, MAX_MESSAGE)));
  });
}

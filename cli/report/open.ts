import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { currentUser } from "../../lib/who.ts";
import { shellWords } from "../output/shell-words.ts";

/** A program that cannot open anything ends with an error within this time; one that opens a browser may stay. */
const FAILS_WITHIN_MS = 2_000;

interface OpenOptions {
  env?: NodeJS.ProcessEnv;
  say?: (line: string) => void;
  failsWithinMs?: number;
}

/** Opens a file or link as a double click would; if that cannot work here, says how to look at it instead. */
export async function openInBrowser(
  target: string,
  { env = process.env, say = toStderr, failsWithinMs = FAILS_WITHIN_MS }: OpenOptions = {},
): Promise<void> {
  if (hasNoDisplay(env)) return say(`there is no display here: ${elsewhere(target)}`);
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(program, [target], { detached: true, stdio: "ignore", env });
  const problem = await new Promise<string | undefined>((settle) => {
    child.once("error", () => settle(`${program} is not there`));
    child.once("exit", (code) => settle(code === 0 ? undefined : `${program} could not open it (exit code ${code})`));
    setTimeout(() => settle(undefined), failsWithinMs).unref();
  });
  child.unref();
  if (problem !== undefined) say(`${problem}: ${elsewhere(target)}`);
}

/** xdg-open needs a desktop, or a browser that the user has chosen, which may run in the terminal. */
function hasNoDisplay(env: NodeJS.ProcessEnv): boolean {
  const isLinux = process.platform !== "darwin" && process.platform !== "win32";
  return isLinux && !env.DISPLAY && !env.WAYLAND_DISPLAY && !env.BROWSER && !env.WSL_DISTRO_NAME;
}

function toStderr(line: string): void {
  process.stderr.write(`anamo: ${line}\n`);
}

function elsewhere(target: string): string {
  if (/^https?:/.test(target)) return "open the link above in a browser";
  const path = resolve(target);
  return `open ${path} in a browser, or copy it to your own machine first, where you type: ${copyCommand(path)}`;
}

function copyCommand(path: string): string {
  return shellWords(["scp", `${currentUser()}:${path}`, "."]);
}

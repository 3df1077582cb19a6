import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** Node.js as it is in this repository goes first; a Lambda function of an emulator must not get an older one. */
const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH ?? ""].join(delimiter);

const PYTHON_HOOK = join(import.meta.dirname, "loopback-only");

/** Options that keep a Node.js process to loopback. */
export const NODE_LOOPBACK_ONLY = `--require ${join(PYTHON_HOOK, "node.cjs")}`;

/** The file in which attempts to leave loopback are written down, in the folder of a run. */
export function leaksFile(dir: string): string {
  return join(dir, "leaks.txt");
}

/** Throws if anything in a run tried to leave loopback. */
export async function expectNoLeaks(dir: string): Promise<void> {
  const leaks = await readFile(leaksFile(dir), "utf8").catch(() => "");
  if (leaks) throw new Error(`something tried to leave loopback:\n${leaks}`);
}

/**
 * All that a server, or a command against it, gets to see: nothing of the caller's account, proxies or configuration,
 * and no way off loopback.
 */
export function loopbackEnv(dir: string): Record<string, string> {
  return {
    PATH,
    HOME: dir,
    TMPDIR: dir,
    LANG: "C.UTF-8",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    ANAMO_TEST_LEAKS: leaksFile(dir),
    PYTHONPATH: PYTHON_HOOK,
    PYTHONDONTWRITEBYTECODE: "1",
    NODE_OPTIONS: NODE_LOOPBACK_ONLY,
    // no emulator is to start containers
    DOCKER_HOST: "unix:///dev/null",
  };
}

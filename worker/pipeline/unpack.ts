import { spawn } from "node:child_process";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { systemCode } from "../../lib/errors.ts";
import { PipelineError } from "./archive-name.ts";

/**
 * Unpacks a gzipped tar file with the machine's own `tar`, which strips the leading `/` from names, rejects names with
 * `..`, and writes nothing through links that point elsewhere. The worker owns the files, no matter who packed them.
 * Throws PipelineError with tar's message.
 */
export async function unpack(file: string, folder: string, signal: AbortSignal): Promise<void> {
  const tar = spawn("tar", ["-xzof", file, "-C", folder], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
    signal,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    tar.once("error", reject);
    tar.once("close", resolve);
  });
  try {
    const [said, code] = await Promise.all([text(tar.stderr), ended]);
    if (code !== 0) throw new PipelineError(`could not be unpacked: ${firstLines(said) || `tar ${code}`}`);
  } catch (error) {
    signal.throwIfAborted();
    if (systemCode(error) === "ENOENT") throw new PipelineError("tar is not installed here", { cause: error });
    throw error;
  }
}

function firstLines(said: string): string {
  return said.trim().split("\n").slice(0, 3).join("; ");
}

/** The folder that holds the scripts: the top of the archive, or the only folder in it. */
export async function folderOfScripts(unpacked: string): Promise<string> {
  // macOS adds files with metadata
  const names = (await readdir(unpacked)).filter((name) => !name.startsWith("._"));
  const [only] = names;
  if (only === undefined || names.length > 1 || only === "bin") return unpacked;
  const inner = join(unpacked, only);
  return (await lstat(inner)).isDirectory() ? inner : unpacked;
}

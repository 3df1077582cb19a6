import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { basename } from "node:path";
import { systemCode, UsageError } from "./errors.ts";
import { quoted } from "./shell-words.ts";

/** The path that stands for standard input. */
export const STDIN = "-";

/** Names of the file descriptors of this process. */
const DESCRIPTOR = /^(?:\/dev\/fd|\/proc\/(?:self|\d+)\/fd)\/(\d+)$/;

/** Whether a path names standard input, which can be read only once: `-`, `/dev/stdin`, `/dev/fd/0` … */
export function isStdin(path: string): boolean {
  return path === STDIN || path === "/dev/stdin" || DESCRIPTOR.exec(path)?.[1] === "0";
}

/** The name of an input in messages. */
export function shownInput(path: string): string {
  return path === STDIN ? "stdin" : path;
}

/** The name of a list in the bucket and in reports: its file name, `stdin`, or `pipe` for a shell's `<(…)`. */
export function inputName(path: string): string {
  if (isStdin(path)) return "stdin";
  return DESCRIPTOR.test(path) ? "pipe" : basename(path);
}

/** Throws a UsageError if a path cannot be read: it does not exist, is a folder, or is not accessible. */
export async function checkInput(path: string): Promise<void> {
  if (isStdin(path)) return;
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") throw new UsageError(`${path}: file not found${elsewhere(path)}`);
    throw unreadable(path, error);
  });
  if (found.isDirectory()) throw new UsageError(`${path}: expected a file, found a folder`);
}

/** What to do about a path that no shell or system call understands. */
function elsewhere(path: string): string {
  if (/^(?:https?|ftp):/.test(path)) return `; use a pipe:  curl -fsSL ${quoted(path)} | anamo … -`;
  if (path.startsWith("s3:")) return `; use a pipe:  aws s3 cp ${quoted(path)} - | anamo … -`;
  if (/^(?:~|\$\w)/.test(path)) return "; the shell replaces ~ and $NAME only outside quotes";
  const isCommand = /^\S+ /.test(path) && !/\.(?:csv|tsv|tab|txt|jsonl|ndjson|gz|ya?ml)$/i.test(path);
  return isCommand ? "; if this is a command, put it into a file, and use --commands FILE" : "";
}

/** The size of an input in bytes; undefined for a pipe, a device or stdin, whose size is unknown until it ends. */
export async function inputSize(path: string): Promise<number | undefined> {
  if (isStdin(path)) return undefined;
  const found = await stat(path);
  // files in /proc report a size of 0 without being empty
  return found.isFile() && found.size > 0 ? found.size : undefined;
}

/** Reads a file, a pipe or stdin. Pipes can be read once. Throws a UsageError if it cannot be read. */
export async function* readInput(
  path: string,
  stdin: AsyncIterable<Uint8Array> = process.stdin,
): AsyncGenerator<Uint8Array> {
  try {
    yield* isStdin(path) ? stdin : await openPath(path);
  } catch (error) {
    throw systemCode(error) === undefined ? error : unreadable(path, error);
  }
}

/** Some shells and programs pass sockets as `/dev/fd/N`, which cannot be opened by that name. */
async function openPath(path: string): Promise<AsyncIterable<Uint8Array>> {
  const fd = DESCRIPTOR.exec(path)?.[1];
  if (fd !== undefined && (await stat(path)).isSocket()) return new Socket({ fd: Number(fd), readable: true });
  return createReadStream(path);
}

function unreadable(path: string, error: unknown): UsageError {
  const code = systemCode(error) ?? String(error);
  const words = { EACCES: ": permission denied", EPERM: ": permission denied", ELOOP: ": its links lead in a circle" };
  const why = `${code}${words[code as keyof typeof words] ?? ""}`;
  return new UsageError(`${shownInput(path)}: cannot be read (${why})`, { cause: error });
}

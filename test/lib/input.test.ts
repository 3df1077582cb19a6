import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { UsageError } from "../../lib/errors.ts";
import { checkInput, inputName, inputSize, isStdin, readInput } from "../../lib/input.ts";
import { testFolder } from "../support/worker.ts";

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function* stdin(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("from stdin");
}

test.each(["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])("%s is stdin", async (path) => {
  expect(isStdin(path)).toBe(true);
  expect(inputName(path)).toBe("stdin");
  await checkInput(path);
  expect(await inputSize(path)).toBeUndefined();
  expect(await textOf(readInput(path, stdin()))).toBe("from stdin");
});

test.each([
  ["/lists/a b.txt", "a b.txt"],
  ["./-", "-"],
  ["/dev/fd/63", "pipe"],
  ["/proc/123/fd/12", "pipe"],
])("the list %s is called %s", (path, name) => {
  expect(isStdin(path)).toBe(false);
  expect(inputName(path)).toBe(name);
});

test("a named pipe is read to its end, and has no size", async () => {
  const folder = await testFolder();
  const path = join(folder, "list.fifo");
  await promisify(execFile)("mkfifo", [path]);
  await checkInput(path);
  expect(await inputSize(path)).toBeUndefined();
  const [text] = await Promise.all([textOf(readInput(path)), writeFile(path, "through the pipe")]);
  expect(text).toBe("through the pipe");
});

test("a folder, a missing file and one that cannot be read are errors that name it", async () => {
  const folder = await testFolder();
  await mkdir(join(folder, "f"));
  await expect(checkInput(join(folder, "f"))).rejects.toThrow("expected a file, found a folder");
  await expect(checkInput(join(folder, "no"))).rejects.toThrow(new UsageError(`${join(folder, "no")}: file not found`));
  await expect(textOf(readInput(join(folder, "f")))).rejects.toThrow(
    new UsageError(`${join(folder, "f")}: cannot be read (EISDIR)`),
  );
});

test("a path that only a shell or another program understands comes with what to do", async () => {
  const hintOf = (path: string) => checkInput(path).catch((error: Error) => error.message.slice(path.length));
  expect(await hintOf("https://lab.org/a.csv?x=1&y")).toBe(
    ": file not found; use a pipe:  curl -fsSL 'https://lab.org/a.csv?x=1&y' | anamo … -",
  );
  expect(await hintOf("s3://reads/a.csv")).toContain("aws s3 cp 's3://reads/a.csv' - | anamo … -");
  expect(await hintOf("~/no.csv")).toContain("the shell replaces ~ and $NAME only outside quotes");
  expect(await hintOf("echo hi")).toContain("--commands FILE");
  expect(await hintOf("my no such list.csv")).toBe(": file not found");
});

import { describe, expect, test } from "vitest";
import { memoryHint } from "../../../worker/task/memory-hint.ts";

const EXIT = { cause: "exit" } as const;
const onStderr = (stderr: string) => ({ stdout: "", stderr });

describe("the message of a failed task says that its log looks like out of memory", () => {
  test.each([
    [
      "Python",
      'Traceback (most recent call last):\n  File "a.py", line 1\n    x = [0] * 10**12\nMemoryError\n',
      "MemoryError",
    ],
    [
      "NumPy",
      "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.28 TiB for an array\n",
      "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.28 TiB for an array",
    ],
    [
      "R",
      "Error: cannot allocate vector of size 37.3 Gb\nExecution halted\n",
      "Error: cannot allocate vector of size 37.3 Gb",
    ],
    [
      "Java",
      `Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n${"\tat A.main(A.java:5)\n".repeat(9)}`,
      'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
    ],
    [
      "C++",
      "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nAborted (core dumped)\n",
      "what():  std::bad_alloc",
    ],
    ["bash", "bash: line 1: 4711 Killed                  bwa mem ref.fa\n", /^bash: line 1: 4711 Killed/],
    ["a shell", "Killed\n", "Killed"],
    ["Rust", "memory allocation of 1099511627776 bytes failed\n", "memory allocation of 1099511627776 bytes failed"],
    ["fork", "-bash: fork: Cannot allocate memory\n", "-bash: fork: Cannot allocate memory"],
    [
      "Node.js",
      "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n",
      /heap out of memory$/,
    ],
    ["Windows line ends", "MemoryError\r\n\r\n", "MemoryError"],
  ])("%s", (_program, log, line) => {
    const hint = memoryHint(EXIT, onStderr(log)) ?? "";
    expect(hint).toMatch(/^looks like out of memory: /);
    const found = hint.replace("looks like out of memory: ", "");
    if (typeof line === "string") expect(found).toBe(line);
    else expect(found).toMatch(line);
    expect(memoryHint({ cause: "signal" }, { stdout: log, stderr: "" })).toBe(hint);
  });
});

test.each([
  ["another error", "KeyError: 'MemoryError'\n"],
  ["an error long before the end", `MemoryError\n${"retried\n".repeat(20)}`],
  ["the memory of a graphics card", "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n"],
  ["a word in a sentence", "Killed 3 old jobs? No: kept\nno MemoryErrors here\n".replace("Killed", "I killed")],
  ["nothing", ""],
])("%s says nothing", (_what, log) => {
  expect(memoryHint(EXIT, onStderr(log))).toBeUndefined();
});

test("nothing is guessed if the cause is known, or the task succeeded", () => {
  for (const cause of ["oom", "timeout", "interrupted", "no-start", "lost", undefined] as const) {
    expect(memoryHint({ ...(cause && { cause }) }, onStderr("MemoryError\n"))).toBeUndefined();
  }
  expect(memoryHint(EXIT, undefined)).toBeUndefined();
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { testFolder } from "../support/worker.ts";

const LOCK = new URL("../../local/folder-lock.ts", import.meta.url).href;

/**
 * Starts a process that, for each line of its input, tries to lock the folder that the line names, records in it when
 * it had the lock, and unlocks it. It prints the outcome.
 */
function contender(): ChildProcess {
  const script = `
    import { lockFolder } from "${LOCK}";
    import { mkdirSync, rmdirSync } from "node:fs";
    import { createInterface } from "node:readline";
    for await (const dir of createInterface({ input: process.stdin })) {
      try {
        const unlock = await lockFolder(dir, "run");
        mkdirSync(dir + "/critical"); // fails if another one is inside
        await new Promise((resolve) => setTimeout(resolve, 20));
        rmdirSync(dir + "/critical");
        await unlock();
        console.log("had it");
      } catch (error) {
        console.log(error.name === "FolderInUseError" ? "was refused" : error.message);
      }
    }`;
  return spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["pipe", "pipe", "inherit"] });
}

test("of eight processes that find a stale lock, never do two hold the folder at once, and no file is left", async () => {
  const all = Array.from({ length: 8 }, contender);
  const answers = all.map((child) => createInterface({ input: child.stdout as NodeJS.ReadableStream }));
  const told = answers.map((lines) => lines[Symbol.asyncIterator]());
  for (let round = 0; round < 25; round++) {
    const dir = await testFolder();
    await writeFile(join(dir, "stack.lock"), `${2 ** 22 + 1} 1 some-id run\n`);
    for (const child of all) child.stdin?.write(`${dir}\n`);
    const lines = (await Promise.all(told.map((one) => one.next()))).map(({ value }) => value);
    for (const line of lines) expect(["had it", "was refused"]).toContain(line);
    expect(lines).toContain("had it");
    expect(await readdir(dir)).toEqual([]);
  }
  const exits = all.map((child) => once(child, "exit"));
  for (const child of all) child.stdin?.end();
  await Promise.all(exits);
});

test("the lock of a process that is killed is free at once", async () => {
  const dir = await testFolder();
  const script = `import { lockFolder } from "${LOCK}"; await lockFolder(${JSON.stringify(dir)}, "up"); console.log("locked"); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
  const { lockFolder } = await import("../../local/folder-lock.ts");
  await (await lockFolder(dir, "run"))();
  expect(await readdir(dir)).toEqual([]);
});

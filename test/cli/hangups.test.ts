import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readStackFile, type StackInfo } from "../../local/stack-file.ts";
import { anamo, BIN, cleanEnv, startAnamo } from "../support/anamo.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { linesOf, testFolder } from "../support/worker.ts";
import { startWorker } from "../support/worker-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LONG_MS = 120_000;

/** Starts a program in the folder of this checkout, in its own process group, which is killed when the test ends. */
function start(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { cwd: ROOT, env: cleanEnv(env), detached: true, stdio: "ignore" });
  const ended = once(child, "exit") as Promise<[code: number | null, signal: string | null]>;
  onTestFinished(async () => {
    killGroup(child.pid ?? 0);
    await ended;
  });
  return { child, ended };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // all of its processes have ended
  }
}

function stackIn(dir: string): Promise<StackInfo> {
  return vi.waitFor(async () => {
    const info = await readStackFile(dir);
    if (!info) throw new Error(`no stack in ${dir}`);
    return info;
  }, LONG_MS);
}

/** A list with one item whose script notes that it began, and ends when `go` exists. */
async function list() {
  const folder = await testFolder();
  const file = join(folder, "tasks.tsv");
  const script = `echo $ATTEMPT >>${folder}/began; until [ -e ${folder}/go ]; do sleep 0.1; done`;
  await writeFile(file, `itemID\tTaskID\tTaskScript\nS1\tS1\t${script}\n`);
  const dir = join(folder, ".anamo");
  const run = ["run", file, "--dir", dir, "--workers", "1"];
  const began = () => vi.waitFor(async () => expect(await linesOf(join(folder, "began"))).toEqual(["1"]), LONG_MS);
  const finish = () => writeFile(join(folder, "go"), "");
  // another run would continue with the item
  const isTodo = async () => {
    const { stdout } = await anamo(["items", "--state", "todo", "--ids"], { cwd: folder });
    expect(stdout).toBe("S1\n");
  };
  return { run, dir, began, finish, isTodo };
}

describe("under nohup, a hangup does not stop a run", () => {
  test.for([
    ["the launcher of the checkout", ["nohup", "./anamo"]],
    ["the launcher of the package", ["nohup", "bin/anamo"]],
    ["a shell script that ignores it", ["bash", "-c", `trap '' HUP; "$@"; exit $?`, "script", process.execPath, BIN]],
    ["nohup typed in a shell", ["bash", "-c", `nohup "$@"; exit $?`, "shell", process.execPath, BIN]],
  ] as const)("%s", async ([, words]) => {
    const { run, dir, began, finish } = await list();
    const { ended } = start([...words, ...run]);
    await began();
    process.kill((await stackIn(dir)).pid, "SIGHUP");
    await finish();
    expect(await ended).toEqual([0, null]);
  });

  test("npx, although npx itself is killed by it", async () => {
    const { run, dir, began, finish } = await list();
    const { child, ended } = start(["bash", "-c", 'nohup "$@" & wait', "shell", "npx", "anamo", ...run]);
    await began();
    const { pid } = await stackIn(dir);
    // what a shell does with its jobs when its terminal closes
    process.kill(-(child.pid ?? 0), "SIGHUP");
    await ended;
    await finish();
    // the stack file is removed at the end if everything is in order
    await vi.waitFor(() => expect(existsSync(join(dir, "stack.json"))).toBe(false), LONG_MS);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), LONG_MS);
    const { stdout } = await anamo(["items", "--state", "done", "--ids"], { cwd: dirname(dir) });
    expect(stdout).toBe("S1\n");
  });
});

describe.each(["SIGHUP", "SIGQUIT"] as const)("otherwise %s gives items back at once", (signal) => {
  test("to a run: the same command continues, and no worker died", async () => {
    const { run, began, isTodo } = await list();
    const { child, result } = startAnamo(run);
    await began();
    child.kill(signal);
    expect(await result).toMatchObject({
      exitCode: 130,
      stderr: "anamo: stopped; the same command continues from here\n",
    });
    await isTodo();
  });

  test.each(["anamo work", "a worker"])("to %s: its item is todo, interrupted", async (who) => {
    const table = await testTable();
    const folder = await testFolder();
    await addItems(table, [newItem("A", { script: `echo >${folder}/began; sleep 600` })]);
    const command = who === "anamo work" ? [process.execPath, BIN, "work"] : undefined;
    const worker = startWorker({ command, env: { ...testEnv(), ANAMO_TABLE: table.name } });
    await vi.waitFor(() => expect(existsSync(join(folder, "began"))).toBe(true), LONG_MS);
    worker.child.kill(signal);
    // a closing terminal sends more than one signal: that is not a second request
    worker.child.kill("SIGHUP");
    expect(await worker.ended).toBe(143);
    expect(await itemNow(table, "A")).toMatchObject({
      ...{ state: "todo", failures: 0, interruptions: 1 },
      outcome: { cause: "interrupted" },
    });
  });
});

describe("a signal to npx alone reaches what it started", () => {
  test.each([
    ["SIGINT", "bash"],
    ["SIGTERM", "sh"],
    ["SIGHUP", "sh"],
    ["SIGKILL", "bash"],
  ] as const)("%s, with %s in between: local up ends and leaves the folder free", async (signal, shell) => {
    const dir = join(await testFolder(), "stack");
    const { child, ended } = start(["npx", "anamo", "local", "up", "--dir", dir], { npm_config_script_shell: shell });
    const { pid } = await stackIn(dir);
    child.kill(signal);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), LONG_MS);
    await ended;
    expect(existsSync(join(dir, "stack.lock"))).toBe(false);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s: a run gives its items back", async (signal) => {
    const { run, began, isTodo } = await list();
    const { child, ended } = start(["npx", "anamo", ...run]);
    await began();
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
    await isTodo();
  });
});

test("when its terminal closes, a run gives its items back, although it can print no more", async () => {
  const { run, dir, began, isTodo } = await list();
  const words = [process.execPath, BIN, ...run];
  const { child, ended } = start(["script", "-qfec", words.map((word) => `'${word}'`).join(" "), "/dev/null"]);
  await began();
  const { pid } = await stackIn(dir);
  child.kill("SIGKILL"); // the process that holds the other end of the terminal
  await ended;
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), LONG_MS);
  // a run that ended in another way would have left it
  expect(existsSync(join(dir, "stack.lock"))).toBe(false);
  await isTodo();
});

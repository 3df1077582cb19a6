import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { kept } from "../support/emulators/cache.ts";
import { testFolder } from "../support/worker.ts";

const CACHE_MODULE = join(import.meta.dirname, "../support/emulators/cache.ts");

async function cacheFolder(): Promise<string> {
  const dir = await testFolder();
  vi.stubEnv("ANAMO_TEST_CACHE", dir);
  onTestFinished(() => void vi.unstubAllEnvs());
  return dir;
}

const make = (text: string) => (dir: string) => writeFile(join(dir, "file"), text);

/**
 * Starts a download that never ends; like pip, the process that writes outlives its parent. Resolves when it writes.
 */
async function endlessDownload(): Promise<ChildProcess> {
  const script = `
    import { spawn } from "node:child_process";
    import { kept } from ${JSON.stringify(CACHE_MODULE)};
    await kept("tool", "1", (dir) => new Promise(() => {
      const loop = 'i=0; while mkdir -p "$0/deep" && echo > "$0/deep/$i"; do i=$((i+1)); [ $i = 1 ] && echo $$; done';
      spawn("sh", ["-c", loop, dir], { detached: true, stdio: ["ignore", "inherit", "ignore"] });
    }));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [pid] = (await once(child.stdout, "data")) as [Buffer];
  onTestFinished(() => {
    child.kill("SIGKILL");
    process.kill(-Number(pid), "SIGKILL");
  });
  return child;
}

test("a folder is made once for each pin, and replaces that of another pin", async () => {
  const cache = await cacheFolder();
  const first = await kept("tool", "1", make("one"));
  expect(await kept("tool", "1", make("again"))).toBe(first);
  expect(await readFile(join(first, "file"), "utf8")).toBe("one");
  const second = await kept("tool", "2", make("two"));
  expect(await readFile(join(second, "file"), "utf8")).toBe("two");
  expect(await readdir(cache)).toEqual([second.slice(cache.length + 1)]);
});

test("a download that fails leaves nothing", async () => {
  const cache = await cacheFolder();
  const failing = kept("tool", "1", async (dir) => {
    await make("half")(dir);
    throw new Error("no network");
  });
  await expect(failing).rejects.toThrow("no network");
  expect(await readdir(cache)).toEqual([]);
});

test("an interrupted download does not break the next one, even while it is still being written", async () => {
  const cache = await cacheFolder();
  const interrupted = await endlessDownload();
  expect((await readdir(cache)).filter((entry) => entry.startsWith("tool-"))).toHaveLength(1);
  interrupted.kill("SIGKILL");
  await once(interrupted, "exit");
  const dir = await kept("tool", "1", make("whole"));
  expect((await readdir(dir)).sort()).toEqual([".complete", "file"]);
});

test("an incomplete folder under the final name, as earlier versions left it, is replaced", async () => {
  await cacheFolder();
  const dir = await kept("tool", "1", make("whole"));
  await writeFile(join(dir, "half"), "");
  await rm(join(dir, ".complete"));
  await kept("tool", "1", make("whole again"));
  expect((await readdir(dir)).sort()).toEqual([".complete", "file"]);
});

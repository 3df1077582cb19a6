import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { promisify } from "node:util";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { loopbackEnv } from "../support/emulators/environment.ts";
import { dynoxideOrProblem, fetchPython } from "../support/emulators/fetch.ts";
import { startServer } from "../support/emulators/server.ts";
import { testFolder } from "../support/worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const fetchAll = (env: Record<string, string>) =>
  run(process.execPath, [join(ROOT, "scripts/fetch-emulators.ts")], { env: { PATH: "/nowhere", ...env } });

test.skipIf(inject("dynoxideProblem"))("a second fetch needs no pip, no cargo and no network", async () => {
  const { ANAMO_TEST_CACHE = "" } = process.env;
  const { stdout } = await fetchAll(ANAMO_TEST_CACHE ? { ANAMO_TEST_CACHE } : {});
  expect(stdout).toMatch(/^MiniStack, moto and cfn-lint: \/.*\ncheckov: \/.*\ndynoxide: \/.*\n$/);
});

test("without Python the user is told what to install", async () => {
  await expect(fetchAll({ ANAMO_TEST_CACHE: await testFolder() })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("apt-get install python3 python3-venv"),
  });
});

test("without Rust dynoxide is skipped, with the reason", async () => {
  vi.stubEnv("PATH", "/nowhere");
  vi.stubEnv("ANAMO_TEST_CACHE", await testFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await dynoxideOrProblem()).toEqual({ problem: expect.stringContaining("dynoxide needs Rust 1.88 or later") });
});

test("a server that does not come up says why", async () => {
  const dir = await testFolder();
  const command = {
    args: ["-c", "import sys; sys.exit('no such port')"],
    cwd: dir,
    logFile: join(dir, "log"),
    env: {},
  };
  const python = await fetchPython();
  await expect(startServer("http://127.0.0.1:9", "/", { command: python, ...command })).rejects.toThrow(
    /exit code 1\nno such port/,
  );
});

test("servers end with the process that started them, even when it is killed", async () => {
  const dir = await testFolder();
  const program = `import { startMiniStack } from ${JSON.stringify(join(ROOT, "test/support/emulators/ministack.ts"))};
    console.log((await startMiniStack(${JSON.stringify(dir)})).endpoint);
    setInterval(() => {}, 1_000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [endpoint] = (await once(createInterface(owner.stdout), "line")) as [string];
  const up = () =>
    fetch(`${endpoint}/_ministack/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  expect(await up()).toBe(true);
  owner.kill("SIGKILL");
  await vi.waitUntil(async () => !(await up()), { timeout: 60_000 });
});

test.for([
  ["Node.js, by name", "node", ["-e", "fetch('http://anamo.invalid').catch(() => {})"], "connect anamo.invalid"],
  ["Node.js, a look-up", "node", ["-e", "require('dns').lookup('anamo.invalid', () => {})"], "lookup anamo.invalid"],
  ["Node.js, by address", "node", ["-e", "require('net').connect(80, '192.0.2.1')"], "connect 192.0.2.1"],
  [
    "Python, by name",
    "python",
    ["-c", "import socket as s; s.create_connection(('anamo.invalid', 80))"],
    "anamo.invalid",
  ],
  ["Python, by address", "python", ["-c", "import socket as s; s.socket().connect(('192.0.2.1', 80))"], "192.0.2.1"],
] as const)("a request beyond loopback fails and is recorded: %s", async ([, program, args, written]) => {
  const dir = await mkdtemp(join(inject("awsRunDir"), "leaks-"));
  const command = program === "node" ? process.execPath : await fetchPython();
  await run(command, args, { env: loopbackEnv(dir) }).catch(() => {});
  expect(await readFile(join(dir, "leaks.txt"), "utf8")).toContain(written);
});

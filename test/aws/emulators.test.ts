import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { promisify } from "node:util";
import { expect, inject, test, vi } from "vitest";
import { loopbackEnv } from "../support/emulators/environment.ts";
import { fetchPython } from "../support/emulators/fetch.ts";
import { startServer } from "../support/emulators/server.ts";
import { testFolder } from "../support/worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

test("a second fetch needs neither pip nor npm nor a network", async () => {
  const bin = await testFolder();
  const { stdout: java } = await run("which", ["java"]);
  await symlink(java.trim(), join(bin, "java"));
  const { stdout } = await run(process.execPath, [join(ROOT, "scripts/fetch-emulators.ts")], { env: { PATH: bin } });
  expect(stdout).toMatch(/^MiniStack, moto and cfn-lint: .*\nDynamoDB Local: .*\n$/);
});

test("without Java a person is told what to install", async () => {
  const running = run(process.execPath, [join(ROOT, "scripts/fetch-emulators.ts")], { env: { PATH: "/nowhere" } });
  await expect(running).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("apt-get install default-jre"),
  });
});

test("a server that does not come up says why", async () => {
  const dir = await testFolder();
  const command = {
    args: ["-c", "import sys; sys.exit('no such port')"],
    cwd: dir,
    logFile: join(dir, "log"),
    env: {},
  };
  const python = join(await fetchPython(), "python");
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
  const command = program === "node" ? process.execPath : join(await fetchPython(), program);
  await run(command, args, { env: loopbackEnv(dir) }).catch(() => {});
  expect(await readFile(join(dir, "leaks.txt"), "utf8")).toContain(written);
});

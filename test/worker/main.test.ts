import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { Files } from "../support/archives.ts";
import { packed, storedArchive } from "../support/archives.ts";
import { testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { testFolder } from "../support/worker.ts";
import { startWorker } from "../support/worker-process.ts";

/** A table with one item, and a worker that has to fetch a pipeline first. */
async function workerWith(files: Files, script = "true") {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [newItem("A", { script })]);
  const { url } = await storedArchive(await packed(files));
  const scratch = join(folder, "scratch");
  const env = { ANAMO_TABLE: table.name, ANAMO_PIPELINE_ARCHIVE: url, ANAMO_SCRATCH: scratch };
  return { table, folder, url, scratch, worker: startWorker({ env }) };
}

describe("a worker with a pipeline archive", () => {
  test("has its scripts on PATH, including those in bin, and in PIPELINE", async () => {
    const bin = '#!/usr/bin/env bash\necho "bin of $TASK_ID"';
    const files = {
      "align.sh": '#!/usr/bin/env bash\ncat "$PIPELINE/made"',
      "bin/tool": bin,
      "setup.sh": "echo x >made",
    };
    const { table, worker, scratch } = await workerWith(files, "align.sh; tool; ls $PYANAMO");
    expect(await worker.ended).toBe(0);
    const { outcome } = await itemNow(table, "A");
    expect(outcome?.log?.stdout).toBe("x\nbin of sample of A\nalign.sh\nbin\nmade\nsetup.sh\n");
    expect((await readdir(scratch)).map((name) => name.replace(/\d+$/, ""))).toEqual(["anamo-pipelines-"]);
  });

  test("ends with exit code 1 and a sentence when setup.sh fails, and claims nothing", async () => {
    const { table, worker, url } = await workerWith({ "setup.sh": "echo no room >&2; exit 3" });
    expect(await worker.ended).toBe(1);
    const lines = worker.lines();
    expect(lines).toContainEqual(expect.objectContaining({ message: "pipeline:output", line: "no room" }));
    expect(lines.at(-1)).toMatchObject({
      level: "ERROR",
      message: "worker:broken",
      code: "pipeline",
      why: `${url}: setup.sh failed: exit code 3`,
    });
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", attempt: 0 });
  });

  test("ends at once on SIGTERM while setup.sh runs, and claims nothing", async () => {
    const { table, worker } = await workerWith({ "setup.sh": `echo so far; sleep 600` });
    await vi.waitFor(() => expect(worker.lines()).toContainEqual(expect.objectContaining({ line: "so far" })), 60_000);
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(143);
    expect(worker.lines().at(-1)).toMatchObject({
      message: "worker:ended",
      reason: "stopped",
      claimed: 0,
      lostClaims: 0,
    });
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", attempt: 0 });
  });
});

test.each([
  ["SIGTERM", "SIGTERM"],
  ["SIGUSR1", "SIGUSR2"],
] as const)(
  "on %s and %s at once, gives its item back, leaves no scratch folder and opens no debugger",
  // a second signal after 300 ms is not at once: a starved machine may take that long to deliver it
  { retry: 3 },
  async (...signals) => {
    const table = await testTable();
    const folder = await testFolder();
    await addItems(table, [newItem("A", { script: `echo >${folder}/began; sleep 600` })]);
    const scratch = join(folder, "scratch");
    const worker = startWorker({ env: { ANAMO_TABLE: table.name, ANAMO_SCRATCH: scratch } });
    await vi.waitFor(async () => expect(await readdir(folder)).toContain("began"), 60_000);
    for (const signal of signals) {
      worker.child.kill(signal);
      await delay(20);
    }
    expect(await worker.ended).toBe(143);
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", interruptions: 1 });
    expect(await readdir(scratch)).toEqual([]);
    expect(worker.said()).not.toContain("Debugger");
    // a busy machine may deliver two signals in either order
    const stopped = worker.lines().filter(({ message }) => message === "worker:stopping");
    expect(stopped).toEqual([expect.objectContaining({ why: expect.toBeOneOf([...signals]) })]);
  },
);

test("takes its caps from its variables: with 0, the first interruption fails the item", async () => {
  const table = await testTable();
  const folder = await testFolder();
  await addItems(table, [newItem("A", { script: `echo >${folder}/began; sleep 600` })]);
  const worker = startWorker({ env: { ANAMO_TABLE: table.name, ANAMO_MAX_INTERRUPTIONS: "0" } });
  await vi.waitFor(async () => expect(await readdir(folder)).toContain("began"), 60_000);
  worker.child.kill("SIGTERM");
  expect(await worker.ended).toBe(143);
  expect(await itemNow(table, "A")).toMatchObject({ state: "failed", outcome: { cause: "interrupted" } });
});

test.each([
  ["a folder and an archive", { ANAMO_PIPELINE: "/", ANAMO_PIPELINE_ARCHIVE: "s3://b/k" }, /cannot be used with/],
  ["a cap that is not a number", { ANAMO_MAX_LOSSES: "many" }, /ANAMO_MAX_LOSSES: expected a whole number, found/],
  [
    "an archive that is not a URL",
    { ANAMO_PIPELINE_ARCHIVE: "pipeline.tar.gz" },
    /expected s3:\/\/bucket\/key\.tar\.gz/,
  ],
])("%s is wrong usage: exit code 2", async (_, env, why) => {
  const worker = startWorker({ env: { ANAMO_TABLE: "none", ...env } });
  expect(await worker.ended).toBe(2);
  expect(worker.said()).toMatch(why);
});

test.runIf(process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0)(
  "a worker that cannot remove a scratch folder names the item, leaves what is mounted alone, and exits 0",
  async () => {
    const table = await testTable();
    const folder = await testFolder();
    await addItems(table, [newItem("A", { script: "mkdir m; mount -t tmpfs none m; echo x > m/f; pwd" })]);
    const worker = startWorker({ env: { ANAMO_TABLE: table.name, ANAMO_SCRATCH: join(folder, "scratch") } });
    expect(await worker.ended).toBe(0);
    const item = await itemNow(table, "A");
    const mount = join(item.outcome?.log?.stdout.trim() ?? "", "m");
    expect(await readFile(join(mount, "f"), "utf8")).toBe("x\n");
    expect(spawnSync("umount", [mount]).status).toBe(0);
    expect(item.state).toBe("done");
    const why = expect.stringContaining(`left alone what is mounted at ${mount}`);
    expect(worker.lines()).toContainEqual(expect.objectContaining({ message: "task:scratch-left", itemId: "A", why }));
  },
);

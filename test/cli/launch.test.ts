import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LaunchLease } from "../../lib/launch/launch-lease.ts";
import { readStackFile } from "../../local/stack-file.ts";
import { setup } from "../local/batch-support.ts";
import { anamo, startAnamo } from "../support/anamo.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { linesOf, testFolder } from "../support/worker.ts";

const SOON = 60_000;

test("the embedded stack runs launched workers to the end, and again after a stop", { timeout: 600_000 }, async () => {
  const folder = await testFolder();
  const up = startAnamo(["local", "up"], { cwd: folder });
  await vi.waitFor(async () => expect(await readStackFile(join(folder, ".anamo"))).toBeDefined(), SOON);
  const run = (...args: string[]) => anamo(args, { cwd: folder });
  const json = async (...args: string[]) => JSON.parse((await run(...args, "--json")).stdout);
  const importRows = async (name: string, count: number, script: string) => {
    const rows = Array.from({ length: count }, (_, n) => `${name}${n}\tS${n}\t${script}`);
    await writeFile(join(folder, `${name}.tsv`), `itemID\tTaskID\tTaskScript\n${rows.join("\n")}\n`);
    expect((await run("import", `${name}.tsv`)).exitCode).toBe(0);
  };

  await importRows("quick", 12, "true");
  expect(await json("launch", "--items-per-worker", "4", "--dry-run")).toMatchObject({ launched: 3, dryRun: true });
  const launched = await run("launch", "--items-per-worker", "4");
  expect(launched.stdout).toMatch(
    /^3 workers are started \(job [\da-f-]+\): the 12 waiting items need no more, at 4 per worker\.\n$/,
  );
  await vi.waitFor(async () => expect((await json("summary")).items.done).toBe(12), SOON);
  await vi.waitFor(async () => expect((await json("launch", "--dry-run")).counted.running).toBe(0), SOON);

  // a worker that is stopped while it runs an item; the next launch continues
  await importRows("slow", 3, `echo ran >>${folder}/ran; until [ -e ${folder}/go ]; do sleep 0.1; done`);
  expect(await json("launch", "--workers", "1")).toMatchObject({
    launched: 1,
    limit: "asked",
    jobId: expect.any(String),
  });
  await vi.waitFor(async () => expect(await linesOf(join(folder, "ran"))).toHaveLength(1), SOON);
  const stopped = await run("stop", "--yes", "--grace", "1s");
  expect(stopped).toMatchObject({
    exitCode: 0,
    stdout:
      "Table anamo is drained: workers claim nothing more until `anamo launch`.\n" +
      "1 worker of 1 job: 0 finished, 0 canceled before they started, 1 ended.\n",
    stderr: expect.stringMatching(/^1 worker left, waiting up to [\d.]+ m?s …\n/),
  });
  const summary = await json("summary");
  expect(summary).toMatchObject({ items: { todo: 3, locked: 0 }, draining: { by: expect.stringContaining("@") } });
  expect((await run("summary")).stdout).toMatch(
    /the table has been draining since .*; `anamo launch` or `anamo stop --lift` ends that/,
  );

  await writeFile(join(folder, "go"), "");
  const again = await json("launch");
  expect(again).toMatchObject({ launched: 1, lifted: true, draining: summary.draining });
  await vi.waitFor(async () => expect((await json("summary")).items.done).toBe(15), SOON);
  up.child.kill("SIGTERM");
  expect((await up.result).exitCode).toBe(0);
});

describe("without a queue", () => {
  test("launch exits with 2 and says what is missing and how to give it", async () => {
    const table = await testTable();
    const noQueue = await anamoOn(table, ["launch"]);
    expect(noQueue).toMatchObject({ exitCode: 2, stdout: "" });
    expect(noQueue.stderr).toContain("no job queue is named: give --queue, set ANAMO_JOB_QUEUE");
    const noDefinition = await anamoOn(table, ["launch", "--queue", "q"]);
    expect(noDefinition.stderr).toContain("no job definition is named: give --definition, set ANAMO_JOB_DEFINITION");
  });

  test("stop drains the table, a local worker ends and says why, and --lift ends the drain", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const stopped = await anamoOn(table, ["stop", "--yes"]);
    expect(stopped).toMatchObject({ exitCode: 0, stderr: "" });
    expect(stopped.stdout).toContain("No job queue is set (--queue, ANAMO_JOB_QUEUE), so no jobs were checked.");
    const work = await anamoOn(table, ["work"]);
    expect(work.exitCode).toBe(0);
    expect(work.stdout).toMatch(
      /nothing else to do, but the table has been draining since .*; `anamo launch` or `anamo stop --lift` ends that\nThere was no item to claim in .*\n$/,
    );
    expect((await anamoOn(table, ["stop", "--lift"])).stdout).toBe("The drain is over: workers claim items again.\n");
    expect(JSON.parse((await anamoOn(table, ["stop", "--lift", "--json"])).stdout)).toMatchObject({ lifted: false });
    expect((await anamoOn(table, ["work"])).stdout).toContain("1 item done, 0 failed");
  });

  test("stop needs --yes where there is no terminal to ask on", async () => {
    const table = await testTable();
    const { exitCode, stderr } = await anamoOn(table, ["stop"]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: "anamo: stop: there is no terminal to ask on: give --yes\n",
    });
  });
});

test("Ctrl-C while launch waits for another launch starts nothing, with exit code 130", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  await new LaunchLease(table).take();
  const listeners = process.listenerCount("SIGINT");
  const launching = anamoOn(table, ["launch", "--queue", "q", "--definition", "d"]);
  await vi.waitFor(() => expect(process.listenerCount("SIGINT")).toBeGreaterThan(listeners), SOON);
  process.emit("SIGINT");
  expect(await launching).toEqual({
    exitCode: 130,
    stdout: "",
    stderr: "anamo: no longer waiting for the other launch; no worker is started\n",
  });
});

test.each([
  ["launch", ["launch", "--definition", "d"]],
  ["stop", ["stop", "--yes"]],
] as const)("%s ends at the second Ctrl-C even if Batch does not answer", async (_, args) => {
  const table = await testTable();
  let requests = 0;
  const silent = createServer(() => void requests++);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const own = Object.entries(testEnv()).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const env = { ...Object.fromEntries(own), AWS_ENDPOINT_URL_BATCH: `http://127.0.0.1:${port}` };
  const { child, result } = startAnamo([...args, "--queue", "q", "--table", table.name], { env });
  await vi.waitFor(() => expect(requests).toBeGreaterThan(0), SOON);
  // signals that arrive together may be merged into one
  const again = setInterval(() => child.kill("SIGINT"), 200);
  const { exitCode } = await result.finally(() => clearInterval(again));
  expect(exitCode).toBe(130);
});

test("launch names a queue that does not exist", async () => {
  const table = await testTable();
  const { batch } = await setup();
  const env = { AWS_ENDPOINT_URL_BATCH: batch.endpoint, ANAMO_JOB_QUEUE: "nowhere", ANAMO_JOB_DEFINITION: "sleeper" };
  await addItems(table, [newItem("A")]);
  const { exitCode, stderr } = await anamoOn(table, ["launch"], env);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("JobQueue nowhere not found");
});

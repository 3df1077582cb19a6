import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { buildWorker } from "../../scripts/worker-bundle.ts";
import { packed, storedArchive } from "../support/archives.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { testFolder } from "../support/worker.ts";
import { startWorker } from "../support/worker-process.ts";

/** How long Batch waits between SIGTERM and SIGKILL. */
const BATCH_GRACE_MS = 30_000;

let folder: string;
let bytes: number;
let bill: { components: { name: string; version: string; purl: string; licenses: unknown }[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anamo-bundle-"));
  ({ bytes } = await buildWorker(folder));
  bill = JSON.parse(await readFile(join(folder, "anamo-worker.cdx.json"), "utf8"));
  await rm(join(folder, "anamo-worker.cdx.json"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts the bundle in a folder that contains nothing else. */
async function startBundle(env: Readonly<Record<string, string | undefined>>) {
  const command = [process.execPath, "anamo-worker.cjs"];
  return startWorker({ command, cwd: folder, env: { ANAMO_SCRATCH: await testFolder(), ...env } });
}

describe("the worker's bundle, alone in a folder,", () => {
  test("is one file of less than a megabyte", async () => {
    expect(await readdir(folder)).toEqual(["anamo-worker.cjs"]);
    expect(bytes).toBeLessThan(1_000_000);
  });

  test("has a bill of materials, in which each package that it holds has its version and license", () => {
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { name: "anamo" } } });
    const client = bill.components.find(({ name }) => name === "@aws-sdk/client-dynamodb");
    expect(client?.purl).toBe(`pkg:npm/%40aws-sdk/client-dynamodb@${client?.version}`);
    for (const { name, version, licenses } of bill.components) {
      expect([name, version, licenses]).toEqual([name, expect.stringMatching(/^\d/), [expect.anything()]]);
    }
    // only what is bundled: the command line's libraries are not
    expect(bill.components.map(({ name }) => name)).not.toContain("cli-table3");
  });

  test("fetches the pipeline and does plain and nested items, and records logs, memory and time", async () => {
    const table = await testTable();
    const { url } = await storedArchive(await packed({ tool: "#!/bin/sh\nseq 2000", "setup.sh": "echo ready" }));
    await addItems(table, [newItem("P", { script: "tool; sleep 1" }), newItem("N", { scripts: ["true", "true"] })]);
    const worker = await startBundle({ ANAMO_TABLE: table.name, ANAMO_PIPELINE_ARCHIVE: url });
    expect(await worker.ended).toBe(0);
    expect(await itemNow(table, "N")).toMatchObject({ state: "done", tasksDone: 2 });
    const { state, outcome } = await itemNow(table, "P");
    expect({ state, ...outcome }).toMatchObject({
      state: "done",
      exitCode: 0,
      logBytes: 8893,
      cpuSeconds: expect.any(Number),
    });
    expect(outcome?.logKeys?.stdout).toMatch(/\.log\.gz$/);
    expect(outcome?.peakMemoryBytes).toBeGreaterThan(1e6);
    expect(await readdir(folder)).toEqual(["anamo-worker.cjs"]);
  });

  test("releases its items on SIGTERM, and exits with 143 within the 30 s that Batch gives it", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A", { script: "sleep 600" })]);
    const worker = await startBundle({ ANAMO_TABLE: table.name });
    await vi.waitFor(() => expect(worker.said()).toContain("item:claimed"), 60_000);
    const killedAtMs = Date.now();
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(143);
    expect(Date.now() - killedAtMs).toBeLessThan(BATCH_GRACE_MS);
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", interruptions: 1, failures: 0 });
  });

  test("takes its credentials from the endpoint that a Batch job has", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      const { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey } = testEnv();
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ AccessKeyId, SecretAccessKey, Token: "token", Expiration }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const worker = await startBundle({
      ANAMO_TABLE: table.name,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v2/credentials`,
      HOME: folder,
      AWS_EC2_METADATA_DISABLED: "true",
    });
    expect(await worker.ended).toBe(0);
    expect(asked).toBeGreaterThan(0);
    expect(await itemNow(table, "A")).toMatchObject({ state: "done" });
  });

  test("says which Node.js it needs if started with an older one", async () => {
    const older = "Object.defineProperty(process.versions, 'node', { value: '20.19.0' })";
    const run = promisify(execFile)(process.execPath, ["-e", `${older}; require("./anamo-worker.cjs")`], {
      cwd: folder,
    });
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^anamo-worker needs Node\.js 22\.13 or later, this is v/),
    });
  });
});

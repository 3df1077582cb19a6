import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { buildWorker } from "../../scripts/worker-bundle.ts";
import { type Files, packed, storedArchive } from "../support/archives.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { startContainer } from "./replay/container.ts";
import { lint } from "./replay/hadolint.ts";
import { type Replayed, replay } from "./replay/replay.ts";

/*
 * The image without Docker: its steps are replayed into a root folder, and the worker is started in it. The stand-in
 * for the base image lacks Debian's security updates, the official image's npm, yarn and user `node`, and /sys with
 * the memory limit of a container. It has only this machine's architecture.
 */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const JOB = { AWS_BATCH_JOB_ID: "4c7599ae-0a82-49aa-ba5a-4727fcce14a8", AWS_BATCH_JOB_ATTEMPT: "1" };

/** How long Batch waits between SIGTERM and SIGKILL. */
const BATCH_GRACE_MS = 30_000;

let image: Replayed;

beforeAll(async () => {
  await buildWorker(join(ROOT, "build"));
  image = await replay(ROOT);
}, 400_000);

afterAll(async () => {
  if (image) await rm(image.root, { recursive: true, force: true });
});

test("the linter finds nothing in the Dockerfile", async () => {
  expect(await lint(join(ROOT, "Dockerfile"))).toEqual([]);
});

/** Makes a table with one item, and starts the image's worker as a job on it. */
async function jobWith(script: string, files: Files = { README: "" }) {
  const table = await testTable();
  await addItems(table, [newItem("A", { script })]);
  const { url } = await storedArchive(await packed(files));
  const env = { ...testEnv(), ...JOB, ANAMO_TABLE: table.name, ANAMO_PIPELINE_ARCHIVE: url };
  const job = startContainer(image, env);
  onTestFinished(async () => {
    job.kill("SIGKILL");
    await job.ended;
  });
  return { table, job };
}

describe("the image's worker", () => {
  test("does an item as a user who cannot change the image, with the pipeline's tools", async () => {
    const script = 'id -un; id -u; id -G; pwd | cut -c1-5; tool; touch /opt/anamo/x || touch "$HOME/y"; echo $LANG';
    const { table, job } = await jobWith(script, {
      "setup.sh": "curl --version | head -n 1 | cut -d ' ' -f 1 >made; ps --version >>made; ls /etc/ssl/certs | wc -l",
      "bin/tool": '#!/usr/bin/env bash\ncut -d " " -f 1 "$PIPELINE/made"',
    });
    expect(await job.ended, job.said()).toBe(0);
    const { state, outcome } = await itemNow(table, "A");
    expect({ state, ...outcome }).toMatchObject({
      state: "done",
      exitCode: 0,
      log: {
        stdout: "anamo\n10001\n10001\n/tmp/\ncurl\nps\nC.UTF-8\n",
        stderr: expect.stringContaining("Permission denied"),
      },
    });
    expect(job.said()).toContain(`"instance":"${JOB.AWS_BATCH_JOB_ID}"`);
  });

  test("uses the scripts in /pipeline if no archive is named, so that other images can add theirs", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A", { script: "echo $PIPELINE" })]);
    const job = startContainer(image, { ...testEnv(), ANAMO_TABLE: table.name });
    expect(await job.ended, job.said()).toBe(0);
    expect((await itemNow(table, "A")).outcome?.log?.stdout).toBe("/pipeline\n");
  });

  test("releases its item when the first process gets SIGTERM, and ends with all processes it started", async () => {
    const { table, job } = await jobWith("sleep 600 & sleep 600; wait");
    await vi.waitFor(() => expect(job.processes().filter((name) => name === "sleep")).toHaveLength(2), 60_000);
    const killedAtMs = Date.now();
    job.kill("SIGTERM");
    expect(await job.ended, job.said()).toBe(143);
    expect(Date.now() - killedAtMs).toBeLessThan(BATCH_GRACE_MS);
    expect(await itemNow(table, "A")).toMatchObject({ state: "todo", interruptions: 1, failures: 0 });
    expect(job.processes()).toEqual([]);
  });

  test("reaps processes that a script has left behind", async () => {
    const orphan = "(setsid sh -c 'echo $$ >pid; sleep 0.1' >/dev/null &); until [ -s pid ]; do sleep 0.1; done";
    // a zombie keeps its folder in /proc until it is reaped
    const reaped = "while [ -e /proc/$(cat pid) ]; do sleep 0.1; done";
    const { table, job } = await jobWith(`${orphan}; ${reaped}; ps -eo stat= | grep -c Z || true`);
    expect(await job.ended, job.said()).toBe(0);
    expect((await itemNow(table, "A")).outcome?.log?.stdout).toBe("0\n");
  });
});

test("the image carries its version and license", () => {
  const label = (name: string) => image.labels.get(`org.opencontainers.image.${name}`);
  expect([label("version"), label("licenses")]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/), "Apache-2.0"]);
});

test("the image's own files belong to root", async () => {
  const bundle = join(image.root, "opt/anamo/anamo-worker.cjs");
  const { uid, mode } = await stat(bundle);
  expect([uid, mode & 0o022]).toEqual([0, 0]);
  expect((await readFile(bundle)).equals(await readFile(join(ROOT, "build/anamo-worker.cjs")))).toBe(true);
});

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test, vi } from "vitest";
import { bundleWorker } from "../../scripts/worker-bundle.ts";
import { kept } from "../support/emulators/cache.ts";
import { testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { testFolder } from "../support/worker.ts";
import { startWorker } from "../support/worker-process.ts";

const run = promisify(execFile);
/** The oldest Node.js that the bundle promises to run on, as an npm package. */
const OLDEST = `node-linux-${process.arch}@22.0.0`;

let node: string;

beforeAll(async () => {
  const dir = await kept("oldest-node", OLDEST, async (dir) => {
    await run("npm", ["pack", OLDEST, "--silent", "--ignore-scripts", "--pack-destination", dir], { cwd: dir });
    await run("bash", ["-euc", "tar -xzf *.tgz --strip-components=1 && rm *.tgz"], { cwd: dir });
  });
  node = join(dir, "bin/node");
});

test("on the oldest Node.js that it promises, the worker's bundle does items, and releases them on SIGTERM", async () => {
  const folder = await testFolder();
  await bundleWorker(join(folder, "anamo-worker.cjs"));
  const table = await testTable();
  await addItems(table, [newItem("A", { scripts: ["seq 2000", "true"] })]);
  const start = () =>
    startWorker({ command: [node, "anamo-worker.cjs"], cwd: folder, env: { ANAMO_TABLE: table.name } });
  expect(await start().ended).toBe(0);
  expect(await itemNow(table, "A")).toMatchObject({ state: "done", tasksDone: 2 });
  await addItems(table, [newItem("B", { script: "sleep 600" })]);
  const worker = start();
  await vi.waitFor(() => expect(worker.said()).toContain("item:claimed"), 60_000);
  worker.child.kill("SIGTERM");
  expect(await worker.ended).toBe(143);
  expect(await itemNow(table, "B")).toMatchObject({ state: "todo", interruptions: 1 });
});

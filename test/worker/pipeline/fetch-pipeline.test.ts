import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { packed, storedArchive } from "../../support/archives.ts";
import { linesOf, testFolder } from "../../support/worker.ts";
import { testMachine } from "./support.ts";

describe("an archive", () => {
  test("is unpacked, and leaves nothing else behind", async () => {
    const { archive, s3 } = await storedArchive(await packed({ "align.sh": "echo aligned", "lib/x.txt": "x" }));
    const { parent, fetchOn } = await testMachine();
    const folder = await fetchOn(s3, archive);
    expect(await readFile(join(folder, "lib/x.txt"), "utf8")).toBe("x");
    expect((await stat(join(folder, "align.sh"))).mode & 0o111).not.toBe(0);
    const store = join(parent, String((await readdir(parent))[0]));
    expect((await stat(store)).mode & 0o077).toBe(0);
    expect(await readdir(store)).toHaveLength(2);
  });

  test.each([
    ["in its only folder: that folder is the pipeline", { "mine/align.sh": "" }, ["align.sh"]],
    ["in a folder next to something else", { "mine/align.sh": "", README: "" }, ["README", "mine"]],
    ["in bin, which is never the pipeline itself", { "bin/align.sh": "" }, ["bin"]],
    ["in one file", { "align.sh": "" }, ["align.sh"]],
  ])("has its scripts %s", async (_, files, names) => {
    const { archive, s3 } = await storedArchive(await packed(files));
    const { fetchOn } = await testMachine();
    expect((await readdir(await fetchOn(s3, archive))).sort()).toEqual(names);
  });

  test("is unpacked once for all workers of a machine, and again when it is replaced", async () => {
    const { archive, s3, put } = await storedArchive(await packed({ version: "1" }));
    const { fetchOn, events } = await testMachine();
    const version = async () => readFile(join(await fetchOn(s3, archive), "version"), "utf8");
    expect([await version(), await version()]).toEqual(["1", "1"]);
    await put(await packed({ version: "2" }));
    expect(await version()).toBe("2");
    expect(events.filter(({ kind }) => kind === "pipeline:fetching")).toHaveLength(2);
    expect(events.filter(({ kind }) => kind === "pipeline:ready")).toHaveLength(3);
  });

  test("whose unpacked folder was removed is fetched again", async () => {
    const { archive, s3 } = await storedArchive(await packed({ "align.sh": "" }));
    const { fetchOn } = await testMachine();
    await rm(await fetchOn(s3, archive), { recursive: true });
    expect(await readdir(await fetchOn(s3, archive))).toEqual(["align.sh"]);
  });
});

describe("setup.sh", () => {
  test("runs once, in the pipeline's folder, and its output is reported line by line", async () => {
    const setup = 'echo "$PWD $PIPELINE $PYANAMO"; printf "a\\rb\\n" >&2; echo "${NODE_OPTIONS-none}"; tool; cat';
    const files = { "setup.sh": setup, "bin/tool": "#!/bin/sh\necho tool" };
    const { archive, s3 } = await storedArchive(await packed(files));
    const { fetchOn, printed } = await testMachine();
    const folder = await fetchOn(s3, archive);
    await fetchOn(s3, archive);
    expect(printed().sort()).toEqual([`${folder} ${folder} ${folder}`, "a", "b", "none", "tool"].sort());
  });

  test("runs once even if several workers start together, and all of them wait for its end", async () => {
    const log = join(await testFolder(), "log");
    const setup = `echo begins >>${log}; sleep 0.3; touch made; echo ends >>${log}`;
    const { archive, s3 } = await storedArchive(await packed({ "setup.sh": setup }));
    const { fetchOn } = await testMachine();
    const folders = await Promise.all(Array.from({ length: 5 }, () => fetchOn(s3, archive)));
    expect(new Set(folders).size).toBe(1);
    expect(await linesOf(log)).toEqual(["begins", "ends"]);
    expect(await readdir(String(folders[0]))).toContain("made");
  });

  test("that fails is reported with its exit code, leaves nothing behind, and is tried again by the next worker", async () => {
    const log = join(await testFolder(), "log");
    const setup = `echo try >>${log}; false | true; touch never`;
    const { archive, s3, url } = await storedArchive(await packed({ "setup.sh": setup }));
    const { parent, fetchOn } = await testMachine();
    const failed = { name: "PipelineError", message: `${url}: setup.sh failed: exit code 1` };
    await expect(fetchOn(s3, archive)).rejects.toMatchObject(failed);
    expect(await readdir(join(parent, String((await readdir(parent))[0])))).toEqual([]);
    await expect(fetchOn(s3, archive)).rejects.toMatchObject(failed);
    expect(await linesOf(log)).toEqual(["try", "try"]);
  });

  test("is stopped with everything it started when the worker has to end", async () => {
    const log = join(await testFolder(), "log");
    const setup = `trap 'echo told >>${log}; exit 9' TERM; sleep 600 & echo $! >>${log}; wait`;
    const { archive, s3 } = await storedArchive(await packed({ "setup.sh": setup }));
    const { fetchOn } = await testMachine();
    const stop = new AbortController();
    const fetching = fetchOn(s3, archive, stop.signal);
    await vi.waitFor(async () => expect(await linesOf(log)).toHaveLength(1), 60_000);
    stop.abort("SIGTERM");
    await expect(fetching).rejects.toBe("SIGTERM");
    const [pid, told] = await linesOf(log);
    expect(told).toBe("told");
    // a killed process may remain as a zombie until init reaps it
    await vi.waitFor(async () => {
      const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
      expect(state).toMatch(/\) Z/);
    }, 60_000);
  });

  test("has its background processes killed, not waited for", async () => {
    const { archive, s3 } = await storedArchive(await packed({ "setup.sh": "sleep 600 & echo $!" }));
    const { fetchOn, printed } = await testMachine();
    await fetchOn(s3, archive);
    const [pid] = printed();
    await vi.waitFor(async () => {
      const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
      expect(state).toMatch(/\) Z/);
    }, 60_000);
  });

  test("may start a service in its own session that keeps the output open: that is not waited for either", async () => {
    const end = join(await testFolder(), "end");
    onTestFinished(() => writeFile(end, ""));
    const service = `setsid sh -c 'echo up; touch up; until [ -e ${end} ] || [ ! -d ${dirname(end)} ]; do sleep 0.1; done' &`;
    const { archive, s3 } = await storedArchive(
      await packed({ "setup.sh": `${service}\nuntil [ -e up ]; do sleep 0.1; done; echo ready` }),
    );
    const { fetchOn, printed } = await testMachine();
    await fetchOn(s3, archive);
    expect(printed().toSorted()).toEqual(["ready", "up"]);
  });
});

test("the lock of a worker that has gone is taken over", async () => {
  const { archive, s3 } = await storedArchive(await packed({ "align.sh": "" }));
  const { parent, fetchOn } = await testMachine();
  const folder = await fetchOn(s3, archive);
  const store = join(parent, String((await readdir(parent))[0]));
  const links = (await readdir(store, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
  const link = join(store, String(links[0]?.name));
  await rm(link);
  await writeFile(`${link}.lock`, "");
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(`${link}.lock`, longAgo, longAgo);
  expect(await fetchOn(s3, archive)).not.toBe(folder);
});

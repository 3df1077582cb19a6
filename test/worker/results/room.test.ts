import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepStep } from "../../../lib/settings/keep-step.ts";
import { UNTIL_FOLLOWERS_DONE } from "../../../lib/store/settings.ts";
import type { WorkerEvent } from "../../../worker/events.ts";
import { Room } from "../../../worker/results/room.ts";
import { newStudy, runOne } from "../../support/depend.ts";
import { leaveResult } from "../../support/results.ts";
import { testFolder } from "../../support/worker.ts";

test("on a full disk, what nothing needs goes and the call is made once more; a second failure stays one", async () => {
  const [table, folder] = [await newStudy(), await testFolder()];
  await keepStep(table, "align", UNTIL_FOLLOWERS_DONE);
  for (const id of ["align/S1", "align/S2", "call/S1"]) await runOne(table, id);
  for (const id of ["align/S1", "align/S2"]) await leaveResult(table, { folder }, id, { "a.bam": "a" });
  const leftover = join(folder, ".staging", "align%2FS1.Task_0.1");
  await mkdir(leftover, { recursive: true });
  await writeFile(join(leftover, "half.bam"), "half");
  const events: WorkerEvent[] = [];
  const openS3 = () => Promise.reject(new Error("not S3"));
  const options = { results: { folder }, scratchDir: folder };
  const room = new Room({ table, options, openS3, report: (event) => events.push(event) });
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  let calls = 0;
  const call = async () => {
    if (++calls === 1) throw full;
    return "published";
  };
  expect(await room.forCall(call)).toBe("published");
  expect(events).toEqual([{ kind: "disk:full", folder, leftovers: 1, unneeded: 1, freedBytes: expect.any(Number) }]);
  const left = ["align/S1", "align/S2", ".staging/align%2FS1.Task_0.1"].map((path) => existsSync(join(folder, path)));
  expect(left).toEqual([false, true, false]);

  await expect(room.forCall(() => Promise.reject(full))).rejects.toBe(full);
  const other = new Error("another");
  await expect(room.forCall(() => Promise.reject(other))).rejects.toBe(other);
  expect(events).toHaveLength(2);
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { type DropOptions, hashOf, type UploadMarks, upload } from "../../lib/import/drop.ts";
import { continueImport, importFile } from "../../lib/import/import-file.ts";
import { importNames } from "../../lib/import/names.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { testEnv } from "../support/env.ts";
import { importBench } from "../support/imports.ts";
import { testFolder } from "../support/worker.ts";

const ROWS = 30;
const LIST = `itemID|TaskID|TaskScript\n${Array.from({ length: ROWS }, (_, n) => `r${n}|s|true\n`).join("")}`;

/** A list whose import has stopped after ten rows, as if the stack of its run had been killed. */
async function stopped(options: DropOptions & UploadMarks = {}) {
  const bench = await importBench();
  const { deps, bucket, step } = bench;
  const file = join(await testFolder(), "list.txt");
  await writeFile(file, LIST);
  const listHash = await hashOf(file);
  const { key } = await upload(deps.s3, bucket, file, { step, uploadId: "first", listHash, ...options });
  let rows = 0;
  const result = await importFile(deps, { bucket, key }, { shouldStop: () => ++rows === 10 });
  expect(result.status).toBe("continues");
  const workflow = new Workflow({ table: deps.table.name, bucket, env: testEnv() });
  const uploadId = async () =>
    (await deps.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).Metadata?.["upload-id"];
  return { ...bench, key, file, workflow, uploadId };
}

test("a list is not imported from its first row again if its import continues", async () => {
  const { deps, bucket, step, key, file, workflow, uploadId } = await stopped();
  const seen: number[] = [];
  const imported = workflow.importFile(file, { step, resume: true, onPart: ({ imported: n }) => seen.push(n) });
  await expect.poll(() => seen).toEqual([10]);
  await continueImport(deps, { bucket, key: importNames(key).continuationKey });
  expect(await imported).toMatchObject({ uploadId: "first", imported: ROWS, skipped: 0, parts: 2 });
  expect(await uploadId()).toBe("first");
});

test.for([
  ["without being asked to resume", {}, { resume: false }],
  ["with another option", {}, { resume: true, onDuplicate: "retry" }],
  ["after its file was edited", { listHash: "of another text" }, { resume: true }],
  ["that an earlier version uploaded", { listHash: undefined }, { resume: true }],
] as const)("a list is uploaded again %s", async ([, before, options]) => {
  const { step, file, workflow, uploadId } = await stopped(before);
  const stop = new AbortController();
  const imported = workflow.importFile(file, { step, ...options, signal: stop.signal });
  await expect.poll(uploadId).not.toBe("first");
  stop.abort(new Error("enough"));
  await expect(imported).rejects.toThrow("enough");
});

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3ServiceException } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { freeItem } from "../../../lib/claims/free.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { manifestText } from "../../../lib/results/manifest.ts";
import { resultKey } from "../../../lib/results/place.ts";
import { sweepResults } from "../../../lib/results/sweep-results.ts";
import { noteKey, notesPrefix, noteText } from "../../../lib/results/upload-notes.ts";
import { openTable } from "../../../lib/table.ts";
import { testBucket, testTable } from "../../support/env.ts";
import { addItems, claimAs, itemNow, newItem } from "../../support/items.ts";
import { testFolder } from "../../support/worker.ts";

const noS3 = () => Promise.reject(new Error("not S3"));

test("a sweep leaves alone what anamo did not make, and the $OUT of a running script with a manifest copied into it", async () => {
  const [table, folder] = [await testTable(), await testFolder()];
  await addItems(table, [newItem("a"), newItem("b")]);
  await claimAs(table, "a", "lock");
  const staging = join(folder, ".staging");
  for (const name of ["%zz.Task_0.1", "notes", "a.Task_0.1"]) await mkdir(join(staging, name), { recursive: true });
  const copied = { version: 1 as const, step: "default", taskId: "S1", itemId: "b", attempt: 1, lockId: "l" };
  await writeFile(join(staging, "a.Task_0.1/.manifest.json"), manifestText({ ...copied, endedAtMs: 0, files: [] }));
  expect(await sweepResults(table, { folder }, noS3)).toEqual({ published: 0, removed: 0, left: 3 });
  expect((await readdir(staging)).sort()).toEqual(["%zz.Task_0.1", "a.Task_0.1", "notes"]);
});

test("a note that its worker removes while the sweep runs is nothing to a role that S3 answers with 403", async () => {
  const table = await testTable();
  const { s3, bucket } = testBucket();
  const place = { bucket, prefix: `swept-${table.name}` };
  const Key = `${notesPrefix(place)}a.Task_0.1.json`;
  const put = () => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "{}" }));
  let isGone = true;
  const send = async (command: unknown) => {
    if (!(command instanceof GetObjectCommand)) return await s3.send(command as GetObjectCommand);
    if (isGone) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    const $metadata = { httpStatusCode: 403 };
    throw new S3ServiceException({ name: "AccessDenied", $fault: "client", $metadata, message: "Access Denied" });
  };
  const refusing = async () => Object.assign(Object.create(s3) as typeof s3, { send });
  await put();
  expect(await sweepResults(table, place, refusing)).toEqual({ published: 0, removed: 0, left: 1 });
  isGone = false;
  await put();
  await expect(sweepResults(table, place, refusing)).rejects.toThrow("Access Denied");
});

test("what a worker of a long script has uploaded stays for a day: it may still record it", async () => {
  const table = await testTable();
  const { s3, bucket } = testBucket();
  const place = { bucket, prefix: `swept-${table.name}` };
  await addItems(table, [newItem("a", { taskId: "S1", script: `true # ${"x".repeat(4_000)}` })]);
  await claimAs(table, "a", "lock");
  const { lock: _, ...run } = { ...(await itemNow(table, "a")), lockId: "lock", table: table.name };
  for (const [Key, Body] of [
    [noteKey(place, run), noteText(run)],
    [resultKey(place, run, "x"), "x"],
  ])
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  await freeItem(table, await itemNow(table, "a"), { cause: "lost", message: "frozen" }, DEFAULT_POLICY);
  const sweepAfter = (hours: number) =>
    sweepResults(openTable(table.name, table.db, { now: () => Date.now() + hours * 3_600_000 }), place, async () => s3);
  expect(await sweepAfter(2)).toEqual({ published: 0, removed: 0, left: 1 });
  expect(await sweepAfter(25)).toEqual({ published: 0, removed: 1, left: 0 });
});

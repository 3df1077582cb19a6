import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { importBench, scriptsNow } from "../../support/imports.ts";

const FORMAT = { format: "commands" };

test("a list of commands that is imported again adds only what is new, wherever its lines have moved", async () => {
  const { table, drop } = await importBench();
  const first = await drop("a.txt", "sim\nsim\nls a\n", FORMAT);
  expect(first.counts).toMatchObject({ imported: 3, repeatedCommands: 1 });
  const before = await scriptsNow(table);
  expect(Object.values(before).toSorted()).toEqual(["ls a", "sim", "sim"]);
  const again = await drop("b.txt", "ls a\nls b\nsim\n# note\nsim\n", FORMAT);
  expect(again.counts).toMatchObject({ imported: 1, skipped: 3, skippedDifferent: 0, comments: 1 });
  expect(Object.values(await scriptsNow(table)).toSorted()).toEqual(["ls a", "ls b", "sim", "sim"]);
});

test("the rejected lines of a list are a list again", async () => {
  const { s3, bucket, drop, text } = await importBench();
  const { counts, rejectedKey = "" } = await drop("a.txt", "ls\nsort <\nfor x in \\\n  y\n", {
    ...FORMAT,
    "on-duplicate": "reset",
  });
  expect(counts).toMatchObject({ imported: 1, rejected: 2 });
  expect(await text(rejectedKey)).toBe("sort <\nfor x in \\\n  y\n");
  const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: rejectedKey }));
  expect(Metadata).toEqual({ ...FORMAT, "on-duplicate": "reset" });
});

test("with on-duplicate fail, repeated commands are no duplicates, but those in the table are", async () => {
  const { drop } = await importBench();
  const fail = { ...FORMAT, "on-duplicate": "fail" };
  expect((await drop("a.txt", "sim\nsim\n", fail)).counts).toMatchObject({ imported: 2, rejected: 0 });
  expect(await drop("b.txt", "sim\nls\n", fail)).toMatchObject({ status: "rejected", counts: { imported: 0 } });
});

test.each([
  [{ format: "csv" }, 'metadata format: expected commands, found "csv"'],
  [{ ...FORMAT, delimiter: "tab" }, "delimiter: expected none for a list of commands, which has no columns"],
])("the metadata %j make a file unusable", async (metadata, message) => {
  const { drop } = await importBench();
  expect(await drop("a.txt", "ls\n", metadata)).toMatchObject({ status: "rejected", message });
});

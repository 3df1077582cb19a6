import { expect, test } from "vitest";
import { checkRow } from "../../../lib/taskfile/check-row.ts";
import type { Fields } from "../../../lib/taskfile/read-row.ts";

const row = (fields: Fields) => checkRow({ itemID: "i", TaskID: "s", TaskScript: "true", ...fields }, ",", "call");

test("inputs are steps that the item waits for, S3 URIs and paths, separated like arguments", () => {
  const Inputs = " align, qc ,s3://b/ref/genome.fa,s3://b/ref/,/data/known.vcf,./panel.bed,align";
  const { item } = row({ After: "align", AfterAll: ["qc"], Inputs });
  expect(item).toMatchObject({
    inputs: ["align", "qc", "s3://b/ref/genome.fa", "s3://b/ref/", "/data/known.vcf", "./panel.bed"],
  });
  // the step of an item that is named by id is known only later
  expect(row({ AfterItems: "index-all", Inputs: ["index"] }).item).toMatchObject({ inputs: ["index"] });
  expect(row({ Inputs: " " }).item).toEqual({
    itemId: "i",
    taskId: "s",
    step: "call",
    script: "true",
  });
});

const EXPECTED = "Inputs: a step of After or AfterAll, an s3:// URI, or a path with a / in it, found";

test.each<[string, Fields, string]>([
  ["a step that it does not wait for", { After: "align", Inputs: "alin" }, `${EXPECTED} "alin"; did you mean align?`],
  [
    "a file without a folder",
    { Inputs: "ref.fa" },
    `${EXPECTED} "ref.fa"; name the step in After or AfterAll too; a file in the pipeline folder is ./ref.fa`,
  ],
  ["a bucket alone", { Inputs: "s3://b/" }, 'Inputs: a URI such as s3://bucket/ref/genome.fa, found "s3://b/"'],
  [
    "another protocol",
    { Inputs: "https://h/x.fa" },
    'Inputs: an s3:// URI, in small letters, or a path, found "https://h/x.fa"',
  ],
  ["no name", { Inputs: "a/.." }, 'Inputs: the path of a file or folder, with a / in it, found "a/.."'],
  ["an empty input", { Inputs: "./a,,./b" }, "Inputs: steps, s3:// URIs or paths, found nothing"],
  [
    "the same name twice",
    { Inputs: "s3://b/1/ref.fa,s3://b/2/ref.fa" },
    'Inputs: inputs with different names in ./inputs/, found "s3://b/1/ref.fa" and "s3://b/2/ref.fa"',
  ],
])("a row is rejected for %s", (_, fields, expected) => {
  const said = row(fields).problems?.map(
    (one) => `${one.field}: ${one.expected}, found ${one.found}${one.hint ? `; ${one.hint}` : ""}`,
  );
  expect(said).toEqual([expected]);
});

import { expect, test } from "vitest";
import { fileNameProblem, keyPartOf } from "../../../lib/results/file-name.ts";
import { type Manifest, manifestHash, manifestText, parseManifest, resultsOf } from "../../../lib/results/manifest.ts";
import { parsePlace, partsOf, placeText, resultKey, resultPrefix, stagedName } from "../../../lib/results/place.ts";

const OWNER = { step: "align", taskId: "S 1", itemId: "S1/align", attempt: 3 };
const HASH = "0".repeat(64);
const MANIFEST: Manifest = {
  version: 1,
  ...OWNER,
  lockId: "x",
  endedAtMs: 1,
  files: [
    { name: "b", bytes: 2, sha256: HASH },
    { name: "a/c", bytes: 1, sha256: HASH },
  ],
};

test("a place is a folder, or a bucket with a prefix", () => {
  expect(parsePlace("results", "/study")).toEqual({ folder: "/study/results" });
  expect(parsePlace("s3://my-bucket/results/")).toEqual({ bucket: "my-bucket", prefix: "results" });
  expect(parsePlace("s3://my-bucket")).toEqual({ bucket: "my-bucket", prefix: "" });
  expect(placeText(parsePlace("s3://my-bucket/a/b"))).toBe("s3://my-bucket/a/b");
  for (const wrong of ["", "s3://", "s3://UPPER/x", "s3://my-bucket/a//b", "s3://my-bucket/../x", "gs://x/y"])
    expect(() => parsePlace(wrong), wrong).toThrow("expected a folder or s3://bucket/prefix");
});

test("ids are escaped as in the keys of logs; the attempt comes before a task of a nested item", () => {
  expect(partsOf({ ...OWNER, task: "Task_2" })).toEqual(["align", "S%201", "S1%2Falign", "Task_2"]);
  expect(resultPrefix({ prefix: "results" }, { ...OWNER, task: "Task_2" })).toBe(
    "results/align/S%201/S1%2Falign/3/Task_2/",
  );
  expect(resultKey({ prefix: "" }, OWNER, "x\ny %")).toBe("align/S%201/S1%2Falign/3/x%0Ay %25");
  const long = { ...OWNER, itemId: "é".repeat(128) };
  expect(Buffer.byteLength(stagedName({ ...long, task: "Task_99999" }))).toBeLessThan(230);
});

test("two names of files never become one key", () => {
  expect(keyPartOf("a\n")).not.toBe(keyPartOf("a%0A"));
});

test("names that leave the folder, or are anamo's own, are no files of a result", () => {
  for (const name of ["a", "-rf", "a/b", "...", "a\nb", " ", "..a"])
    expect(fileNameProblem(name), name).toBeUndefined();
  for (const name of ["", "..", "a/../b", "/a", "a//b", "./a", ".manifest.json", "x".repeat(1_001)])
    expect(fileNameProblem(name), name).toBeDefined();
});

test("a manifest is read back as it was written, its files by name", () => {
  const text = manifestText(MANIFEST);
  const read = parseManifest(text, "here");
  expect(read.files.map(({ name }) => name)).toEqual(["a/c", "b"]);
  expect({ ...read, files: MANIFEST.files }).toEqual(MANIFEST);
  expect(resultsOf(MANIFEST, text)).toEqual({ attempt: 3, files: 2, bytes: 3, manifest: manifestHash(text) });
});

test("what is not a manifest is refused with its place", () => {
  expect(() => parseManifest("{", "x/.manifest.json")).toThrow("x/.manifest.json is not JSON");
  const text = manifestText({ ...MANIFEST, files: [{ name: "../x", bytes: 1, sha256: HASH }] });
  expect(() => parseManifest(text, "here")).toThrow("here: files.0.name");
});

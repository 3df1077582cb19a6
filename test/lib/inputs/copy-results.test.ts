import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyFile } from "../../../lib/inputs/copy-results.ts";
import { FolderResults } from "../../../lib/results/folder-results.ts";
import { testFolder } from "../../support/worker.ts";

test("files of any name are copied beside each other, also one that ends in .part and one of 255 bytes", async () => {
  const [folder, to] = [await testFolder(), await testFolder()];
  const owner = { step: "s", taskId: "S1", itemId: "a" };
  const results = new FolderResults({ folder });
  const record = { ...owner, results: { attempt: 1, files: 3, bytes: 0, manifest: "" } };
  const names = ["x", "x.part", "y".repeat(255)];
  await mkdir(join(folder, "s/S1/a"), { recursive: true });
  const openS3 = () => Promise.reject(new Error("not S3"));
  const copies = names.map(async (name) => {
    const contents = name.repeat(10_000);
    await writeFile(join(folder, "s/S1/a", name), contents);
    const sha256 = createHash("sha256").update(contents).digest("hex");
    return await copyFile({ results, openS3 }, record, { name, bytes: contents.length, sha256 }, to);
  });
  for (const [index, path] of (await Promise.all(copies)).entries()) {
    expect(await readFile(path, "utf8")).toBe((names[index] ?? "").repeat(10_000));
  }
  expect((await readdir(join(to, "s/S1/a"))).sort()).toEqual(names);
});

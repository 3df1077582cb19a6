import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { anamo } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

/** Writes half a result and fails for S2. */
const BWA = `#!/bin/bash
echo "half of $3"
[[ $3 != *S2.fq ]] || exit 1
echo "the rest"
`;

test("the list of the README leaves no half file under its final name when a script fails", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const [, list = ""] = /cat > tasks\.txt <<'EOF'\n(.*?)EOF\n/s.exec(readme) ?? [];
  expect(list).toContain("bwa mem");
  const folder = await testFolder();
  const pipeline = await testFolder();
  await writeFile(join(folder, "tasks.txt"), list);
  await writeFile(join(pipeline, "bwa"), BWA);
  await chmod(join(pipeline, "bwa"), 0o755);
  const options = ["--dir", join(folder, "stack"), "--pipeline", pipeline, "--max-attempts", "1", "--json"];
  const { exitCode, stdout } = await anamo(["run", join(folder, "tasks.txt"), ...options]);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ items: { done: 1, failed: 1 } });
  expect(await readdir(pipeline)).toEqual(["bwa"]);
  const results = join(folder, "stack", "results");
  expect((await readdir(results)).filter((name) => !name.startsWith("."))).toEqual(["default"]);
  expect(await readdir(join(results, "default"))).toEqual(["S1"]);
  expect(await readFile(join(results, "default/S1/S1-align/S1.sam"), "utf8")).toContain("the rest");
});

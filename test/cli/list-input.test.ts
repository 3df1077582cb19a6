import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { readStackFile } from "../../local/stack-file.ts";
import { Workflow } from "../../workflow/index.ts";
import { anamo, BIN, cleanEnv } from "../support/anamo.ts";
import { testBucket, testEnv, testTable } from "../support/env.ts";
import { shellOn } from "../support/shell.ts";
import { testFolder } from "../support/worker.ts";

const LIST = "itemID|TaskID|TaskScript\\nA|S1|true\\nB|S2|true\\n";

describe("a list through a pipe is uploaded whole, under a name that stays the same:", () => {
  test.each([
    ["import -", `printf '${LIST}' | anamo import -`, "stdin"],
    ["import /dev/stdin", `printf '${LIST}' | anamo import /dev/stdin`, "stdin"],
    ["import - < FILE", `printf '${LIST}' > "$DIR/f"; anamo import - < "$DIR/f"`, "stdin"],
    ["import <(…)", `anamo import <(printf '${LIST}')`, "pipe"],
    ["import - --name", `printf '${LIST}' | anamo import - --name cohort7.txt`, "cohort7.txt"],
    ["a named pipe", `mkfifo "$DIR/p.fifo"; printf '${LIST}' > "$DIR/p.fifo" & anamo import "$DIR/p.fifo"`, "p.fifo"],
  ])("%s", async (_what, line, name) => {
    const { s3, bucket } = testBucket();
    const step = `s-${randomUUID().slice(0, 8)}`;
    const folder = await testFolder();
    const script = `DIR='${folder}'; ${line} --step ${step} --no-wait --json`;
    const { exitCode, stdout, stderr } = await shellOn(await testTable(), script);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const key = `imports/${step}/${name}`;
    expect(JSON.parse(stdout)).toEqual({ bucket, key, reportKey: `reports/imports/${step}/${name}.json` });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    expect(await Body?.transformToString()).toBe(LIST.replaceAll("\\n", "\n"));
  });
});

test("a long list through a pipe is uploaded in parts", async () => {
  const { s3, bucket } = testBucket();
  const name = `long-${randomUUID()}`;
  const script = `seq 1 1000000 | anamo import - --name ${name} --commands --no-wait --json`;
  expect(await shellOn(await testTable(), script)).toMatchObject({ exitCode: 0, stderr: "" });
  const found = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: `imports/${name}` }));
  expect(found).toMatchObject({ ContentLength: 6_888_896, Metadata: { format: "commands" } });
});

test("stdin may be a socket, as under Node.js, or closed", async () => {
  const child = spawn(process.execPath, [BIN, "import", "/dev/stdin", "--commands", "--dry-run", "--json"], {
    env: cleanEnv({}),
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end("echo a\necho b\n");
  expect(JSON.parse(await text(child.stdout))).toMatchObject({ N: 2 });
  const closed = await shellOn(await testTable(), "anamo import - --dry-run <&-");
  expect(closed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("anamo: stdin: expected a text file") });
});

test("itemIDs for --from come through a pipe, which is read once", async () => {
  const table = await testTable();
  const workflow = new Workflow({ table: table.name, env: testEnv() });
  for (const itemID of ["A", "B", "C"]) await workflow.add({ itemID, taskID: "S", script: "true" });
  workflow.close();
  expect(await shellOn(table, "printf 'A\\n' | anamo hold --from /dev/stdin --yes")).toMatchObject({
    stdout: "1 item held\n",
  });
  expect(await shellOn(table, "anamo hold --from <(printf 'B\\nC\\n') --yes")).toMatchObject({
    stdout: "2 items held\n",
  });
});

test.each([
  [["--name", "a/b"], "--name: expected a name without a /, found a/b"],
  [["--name", ""], "--name: expected a name of 1 to 256 bytes, found nothing"],
  [["--commands", "--delimiter", "tab"], "--delimiter: expected none for a list of commands, which has no columns"],
])("import FILE %j is wrong usage", async (args, message) => {
  const file = join(await testFolder(), "list.txt");
  await writeFile(file, "echo a\n");
  for (const more of [[], ["--dry-run"]]) {
    const { exitCode, stderr } = await anamo(["import", file, ...args, ...more], { env: { ANAMO_BUCKET: "bucket" } });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `anamo: ${message}\n` });
  }
});

describe("anamo run --commands FILE", () => {
  test("runs each line once, also if the list is run again with more lines", async () => {
    const folder = await testFolder();
    const [file, out] = [join(folder, "cmds.txt"), join(folder, "out.txt")];
    const run = () => anamo(["run", "--commands", file, "--dir", join(folder, "stack"), "--workers", "1", "--json"]);
    await writeFile(file, `# list\necho a >> ${out}\necho b \\\n  >> ${out}\necho a >> ${out}\n`);
    expect(await run()).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await readFile(out, "utf8")).split("\n").toSorted()).toEqual(["", "a", "a", "b"]);
    await writeFile(file, `echo c >> ${out}\necho a >> ${out}\n`);
    const second = await run();
    expect(JSON.parse(second.stdout)).toMatchObject({ items: { done: 4 }, import: { imported: 1, skipped: 1 } });
    expect((await readFile(out, "utf8")).split("\n").toSorted()).toEqual(["", "a", "a", "b", "c"]);
    expect(await readStackFile(join(folder, "stack"))).toBeUndefined();
  });

  test("prints the command that runs the rejected lines again", async () => {
    const folder = await testFolder();
    const file = join(folder, "cmds.txt");
    await writeFile(file, "true\nfor x in 1; do\n");
    const { exitCode, stdout } = await anamo(["run", "--commands", file, "--dir", join(folder, "stack")]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/ run \S+cmds\.rejected\.txt --commands --dir /);
  });
});

import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import type { NewItem } from "../../lib/items/new-item.ts";
import { testBucket, testTable } from "../support/env.ts";
import { addItems, itemNow, newItem } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { testWorker } from "../support/worker.ts";

describe("anamo logs", () => {
  test("of a plain item prints exactly what the script printed, short or long", async () => {
    const table = await worked([
      newItem("short", { script: "printf 'a\\nb'; echo err >&2" }),
      newItem("long", { script: "seq 3000" }),
    ]);
    expect(await anamoOn(table, ["logs", "short"])).toEqual({ exitCode: 0, stdout: "a\nb\n", stderr: "" });
    expect((await anamoOn(table, ["logs", "short", "--stderr"])).stdout).toBe("err\n");
    const { stdout } = await anamoOn(table, ["logs", "long"]);
    expect(stdout.trimEnd().split("\n")).toEqual(Array.from({ length: 3000 }, (_, n) => String(n + 1)));
    expect((await anamoOn(table, ["logs", "long", "--tail", "2"])).stdout).toBe("2999\n3000\n");
    expect((await anamoOn(table, ["logs", "long", "--grep", "^12[34]4$"])).stdout).toBe("1234\n1244\n");
    expect(await anamoOn(table, ["logs", "long", "--grep", "x"])).toEqual({ exitCode: 1, stdout: "", stderr: "" });
  });

  test("of a nested item prints a heading for each task; --grep names the task in each line", async () => {
    const table = await worked([newItem("N", { scripts: ["echo one", "printf 'two\\nones'", "seq 2000"] })]);
    const all = await anamoOn(table, ["logs", "N", "--tail", "1"]);
    expect(all.stdout).toBe("==> N Task_0 <==\none\n\n==> N Task_1 <==\nones\n\n==> N Task_2 <==\n2000\n");
    expect((await anamoOn(table, ["logs", "N", "Task_1"])).stdout).toBe("two\nones\n");
    const found = await anamoOn(table, ["logs", "N", "--grep", "one|1999"]);
    expect(found.stdout).toBe("N Task_0: one\nN Task_1: ones\nN Task_2: 1999\n");
    const lines = JSON.parse((await anamoOn(table, ["logs", "N", "--grep", "one", "--json"])).stdout);
    const line = { itemID: "N", taskID: "sample of N", attempt: 1, stream: "stdout" };
    expect(lines).toEqual([
      { ...line, taskKey: "Task_0", line: "one" },
      { ...line, taskKey: "Task_1", line: "ones" },
    ]);
    const logs = JSON.parse((await anamoOn(table, ["logs", "N", "--json"])).stdout);
    expect(logs).toMatchObject([{ from: "row", text: "one\n" }, { text: "two\nones" }, { from: "bucket" }]);
    expect(logs[2].text).toMatch(/^1\n2\n.*\n2000\n$/s);
  });

  test("says on stderr if nothing was printed to this stream, and where the output is", async () => {
    const table = await worked([
      newItem("err", { script: "echo why >&2" }),
      newItem("long", { script: "seq 3000 >&2" }),
      newItem("out", { script: "echo so" }),
      newItem("mute", { script: "true" }),
      newItem("N", { scripts: ["echo a >&2", "true"] }),
    ]);
    const said = async (...args: string[]) => {
      const { exitCode, stderr } = await anamoOn(table, ["logs", ...args]);
      return [exitCode, stderr];
    };
    const onStderr = "nothing went to stdout; what went to stderr is printed with --stderr\n";
    expect(await said("err")).toEqual([0, `anamo: err: ${onStderr}`]);
    expect(await said("long", "--tail", "3")).toEqual([0, `anamo: long: ${onStderr}`]);
    expect(await said("err", "--stderr")).toEqual([0, ""]);
    expect(await said("out", "--stderr")).toEqual([
      ...[0, "anamo: out: nothing went to stderr; what went to stdout is printed without --stderr\n"],
    ]);
    expect(await said("mute")).toEqual([0, "anamo: mute: nothing went to stdout, nor to stderr\n"]);
    expect(await said("N")).toEqual([0, `anamo: N: ${onStderr}`]);
    expect(await said("N", "Task_0")).toEqual([0, `anamo: N Task_0: ${onStderr}`]);
    expect(await said("N", "Task_1")).toEqual([0, "anamo: N Task_1: nothing went to stdout, nor to stderr\n"]);
    expect(await said("--match", "[el]*")).toEqual([0, `anamo: ${onStderr}`]);
    expect(await said("--match", "*")).toEqual([0, ""]);
    expect(await said("err", "--json")).toEqual([0, ""]);
  });

  test("says on stderr if the log is no longer in the bucket, and prints its end from the row", async () => {
    const table = await worked([newItem("gone", { script: "seq 1000" })]);
    const { s3, bucket } = testBucket();
    const Key = (await itemNow(table, "gone")).outcome?.logKeys?.stdout;
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    const { exitCode, stdout, stderr } = await anamoOn(table, ["logs", "gone", "--tail", "1"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "1000\n" });
    expect(stderr).toMatch(
      /^anamo: gone: the whole log is no longer in the bucket \(s3:.*\); this is its end, from the row\n$/,
    );
  });

  test("of an attempt that left nothing exits with 1 and says why", async () => {
    const table = await worked([newItem("A")]);
    const { exitCode, stdout, stderr } = await anamoOn(table, ["logs", "A", "--attempt", "7"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe(
      "anamo: A: nothing is kept of the stdout of attempt 7 (the last one is number 1; short output is kept of that alone)\n",
    );
  });

  test("of an item that has not run yet says so", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const { exitCode, stdout, stderr } = await anamoOn(table, ["logs", "A"]);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "anamo: A: no attempt has ended yet\n",
    });
  });

  test.for([
    [["logs", "nobody"], 1, "there is no item nobody"],
    [["logs", "A", "Task_9"], 1, "A is a plain item: it has no Task_9"],
    [["logs", "A", "--grep", "("], 2, '--grep: expected a regular expression, found "("'],
    [["logs", "A", "--tail", "none"], 2, "Expected a whole number"],
  ] as const)("%j: exit code %i, for what is not there or for wrong usage", async ([args, code, message]) => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const { exitCode, stdout, stderr } = await anamoOn(table, args);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
    expect(stderr).toContain(message);
  });
});

async function worked(items: NewItem[]) {
  const table = await testTable();
  await addItems(table, items);
  const { worker } = await testWorker(table, { items: 2, nested: 4 });
  await worker.run();
  return table;
}

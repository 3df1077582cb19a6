import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { readStackFile } from "../../local/stack-file.ts";
import { anamo, startAnamo } from "../support/anamo.ts";
import { logLinesIn } from "../support/log-lines.ts";
import { linesOf, testFolder } from "../support/worker.ts";

/** Writes a task file; returns its path and that of the stack's folder. */
async function taskFile(text: string, name = "tasks.txt"): Promise<{ folder: string; file: string; dir: string }> {
  const folder = await testFolder();
  const file = join(folder, name);
  await writeFile(file, text);
  return { folder, file, dir: join(folder, "stack") };
}

// What `echo -e "…" > file` in PyAnamo's readme writes: a blank line before, and one after.
const PLAIN_EXAMPLE = `
itemID|TaskID|TaskScript
Seq_Test_1|Task_1|seq 3
Seq_Test_2|Task_2|seq 1
Seq_Test_3|Task_3|seq 2
Seq_Test_4|Task_4|seq 10

`;
const NESTED_EXAMPLE = `
itemID|TaskID|TaskScript|TaskArgs
Seq_Test_5|Task_5|seq|8,2,1
Seq_Test_6|Task_6|seq|3,2,1
Seq_Test_7|Task_7|seq|1,4,2
Seq_Test_8|Task_8|seq|2,3,1

`;

describe("anamo run", () => {
  test("runs the two example files of PyAnamo's readme unchanged", async () => {
    const plain = await taskFile(PLAIN_EXAMPLE, "import-testing.txt");
    const nested = join(plain.folder, "import-nested-testing.txt");
    await writeFile(nested, NESTED_EXAMPLE);
    const first = await anamo(["run", plain.file, "--dir", plain.dir, "--json"]);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(first.stdout)).toMatchObject({
      table: "anamo",
      items: { waiting: 0, todo: 0, locked: 0, done: 4, failed: 0, held: 0 },
      tasks: { done: 4, total: 4 },
      failed: [],
    });
    const second = await anamo(["run", nested, "--dir", plain.dir, "--json", "-n", "2"]);
    expect(JSON.parse(second.stdout)).toMatchObject({ items: { done: 8 }, tasks: { done: 16, total: 16 } });
  });

  test("names failed items with the last lines of their logs, and exits with 1", async () => {
    const { file, dir } = await taskFile(
      "itemID|TaskID|TaskScript\ngood|S1|true\nbad|S2|echo so far; echo why >&2; exit 4\n",
    );
    const command = 'cat >"$ANAMO_EVENT.txt"; echo broken >&2; exit 3';
    const onEvent = ["--on-event", `cd '${dir}' && ${command}`];
    const json = await anamo(["run", file, "--dir", dir, "--max-attempts", "1", "--json", ...onEvent]);
    expect(json.exitCode).toBe(1);
    expect(json.stderr, "a command that fails is reported once").toBe(
      `anamo: --on-event: "${onEvent[1]}" failed: exit code 3: broken. It is run for later events all the same.\n`,
    );
    expect(await readFile(join(dir, "all-done.txt"), "utf8")).toContain("1 of 2 items is done, 1 failed.");
    const { failed, durationMs } = JSON.parse(json.stdout);
    expect(failed).toEqual([
      { itemID: "bad", taskID: "S2", step: "default", cause: "exit", exitCode: 4, logTail: "so far\nwhy" },
    ]);
    expect(durationMs).toBeGreaterThan(0);
    const events = await logLinesIn(join(dir, "logs"));
    expect(events.filter(({ itemId }) => itemId === "bad")).toMatchObject([
      { message: "item:claimed", service: "worker", attempt: 1 },
      { message: "item:ended", state: "failed", cause: "exit", exitCode: 4 },
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ message: "import:ended", counts: expect.objectContaining({ imported: 2 }) }),
    );
    const again = await anamo(["run", file, "--dir", dir]);
    expect(again.exitCode).toBe(1);
    expect(again.stdout).toContain("failed: bad (sample S2, step default): exit, exit code 4\n  | so far\n  | why\n");
    expect(again.stdout).toContain("1 of 2 items is done, 1 failed");
    expect(again.stdout).toContain(
      `  anamo local up --dir ${dir} &\n  eval "$(anamo local env --wait --dir ${dir})"\n`,
    );
  });

  test("prints rejected rows, keeps them to be fixed, runs the others, and exits with 1", async () => {
    const { file, dir } = await taskFile("itemID|TaskID|TaskScript\n|S1|true\nok|S2|true\n");
    const { exitCode, stdout } = await anamo(["run", file, "--dir", dir, "--table", "other", "--step", "qc"]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("line 2: itemID: expected");
    expect(await readFile(join(dir, "rejected", "tasks.rejected.txt"), "utf8")).toBe(
      "itemID|TaskID|TaskScript\n|S1|true\n",
    );
    expect(stdout).toContain("The one item is done, 1 row rejected");
    const fixedList = join(dir, "rejected", "tasks.rejected.txt");
    expect(stdout).toContain(
      `fix them in ${fixedList}, then run them:\n  anamo run ${fixedList} --step qc --dir ${dir} --table other\n`,
    );
  });

  test.for([
    ["no rows", "itemID|TaskID|TaskScript\n", 0, "There was nothing to run.\n"],
    ["bad rows only", "itemID|TaskID|TaskScript\n|S1|true\n", 1, "There was nothing to run, 1 row rejected.\n"],
  ] as const)("of a list with %s says that there was nothing to run", async ([, rows, exitCode, said]) => {
    const { file, dir } = await taskFile(rows);
    const run = await anamo(["run", file, "--dir", dir]);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stdout).toContain(`\n\n${said}table: `);
    expect(run.stdout).not.toContain("tasks done");
  });

  test.for([
    ["an unknown file", ["run", "no-such-file.txt"], "no-such-file.txt: file not found"],
    ["an unknown option", ["run", "x", "--wokers", "2"], "Did you mean --workers?"],
    ["a word instead of a number", ["run", "x", "--workers", "two"], "Expected a whole number, 1 or more."],
    ["an unknown command", ["rum"], "Did you mean run?"],
  ] as const)("exits with 2 and says why: %s", async ([, args, message]) => {
    const { exitCode, stdout, stderr } = await anamo(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });

  test.for([
    ["/proc/anamo/stack", "the folder /proc/anamo/stack cannot be created: its folder does not exist (ENOENT)"],
    ["/proc", "the folder /proc cannot be written to (ENOENT)"],
  ] as const)("exits with 2 and says why: --dir %s", async ([dir, message]) => {
    const { file } = await taskFile(PLAIN_EXAMPLE);
    expect(await anamo(["run", file, "--dir", dir])).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `anamo: ${message}\n`,
    });
  });

  test("exits with 2 and shows what a header looks like if the file has none", async () => {
    const { file, dir } = await taskFile("S1 seq 3\nS2 seq 4\n");
    const { exitCode, stderr } = await anamo(["run", file, "--dir", dir]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("itemID|TaskID|TaskScript");
  });

  test("has another worker do the item of a killed worker, without waiting for its lease", async () => {
    const folder = await testFolder();
    // the first attempt kills its own worker: the parent of the helper that started this bash
    const script = `echo "$ATTEMPT" >>${folder}/ran; [ "$ATTEMPT" != 1 ] || { kill -KILL "$(ps -o ppid= -p $PPID | tr -d ' ')"; sleep 60; }`;
    const { file, dir } = await taskFile(`itemID\tTaskID\tTaskScript\nkiller\tS1\t${script}\nother\tS2\ttrue\n`);
    const startedAtMs = Date.now(); // the lease is 600 s
    const { exitCode, stdout } = await anamo(["run", file, "--dir", dir, "--workers", "2", "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).items).toMatchObject({ done: 2 });
    expect(await linesOf(join(folder, "ran"))).toEqual(["1", "2"]);
    expect(Date.now() - startedAtMs).toBeLessThan(200_000);
  });

  test("releases its items on Ctrl-C, and the same command continues from there", async () => {
    const folder = await testFolder();
    const script = `echo "$ATTEMPT" >>${folder}/$ITEM_ID; [ -e ${folder}/go ] || sleep 60`;
    const { file, dir } = await taskFile(
      `itemID\tTaskID\tTaskScript\nquick\tS1\techo $ATTEMPT >>${folder}/quick\nslow\tS2\t${script}\n`,
    );
    const first = startAnamo(["run", file, "--dir", dir, "--workers", "2"]);
    let said = "";
    first.child.stdout.on("data", (text) => {
      said += text;
    });
    // on a busy machine items may be done before the import is, in which case the next run continues it
    await vi.waitFor(() => expect(said).toContain("items imported"), 60_000);
    await vi.waitFor(async () => {
      expect(await linesOf(join(folder, "slow"))).toEqual(["1"]);
      expect(await linesOf(join(folder, "quick"))).toEqual(["1"]);
    }, 60_000);
    // a script that has printed may still be running, and would be released
    const env = (await readStackFile(dir))?.env ?? {};
    await vi.waitFor(async () => {
      const { stdout } = await anamo(["summary", "--json"], { env });
      expect(JSON.parse(stdout)).toMatchObject({ items: { done: 1 } });
    }, 60_000);
    first.child.kill("SIGINT");
    const { exitCode, stderr } = await first.result;
    expect(exitCode).toBe(130);
    expect(stderr).toBe("anamo: stopped; the same command continues from here\n");
    await writeFile(join(folder, "go"), "");
    const second = await anamo(["run", file, "--dir", dir, "--json"]);
    expect(JSON.parse(second.stdout)).toMatchObject({ items: { done: 2 }, import: { imported: 0, skipped: 2 } });
    expect(await linesOf(join(folder, "slow"))).toEqual(["1", "2"]);
    expect(await linesOf(join(folder, "quick"))).toEqual(["1"]);
  });

  test("exits with 2 if another run has the folder, and says which process it is", async () => {
    const { folder, file, dir } = await taskFile("itemID|TaskID|TaskScript\nslow|S1|sleep 60\n");
    const first = startAnamo(["run", file, "--dir", dir]);
    await vi.waitFor(async () => expect(await readFile(join(dir, "stack.json"), "utf8")).toContain("pid"), 60_000);
    const second = await anamo(["run", file, "--dir", dir]);
    expect(second.exitCode).toBe(2);
    expect(second.stderr).toContain(String(first.child.pid));
    first.child.kill("SIGTERM");
    expect((await first.result).exitCode).toBe(130);
    expect(folder).not.toBe(dir);
  });
});

test("--retry-failed starts over the items that failed in an earlier run, and no others", async () => {
  const folder = await testFolder();
  const rows = [`good\tS1\techo >>${folder}/good`, `bad\tS2\techo >>${folder}/bad; [ -e ${folder}/fixedList ]`];
  const { file, dir } = await taskFile(`itemID\tTaskID\tTaskScript\n${rows.join("\n")}\n`);
  const args = ["run", file, "--dir", dir, "--max-attempts", "1"];
  expect((await anamo(args)).stdout).toContain("--retry-failed");
  await writeFile(join(folder, "fixedList"), "");
  expect((await anamo(args)).exitCode).toBe(1);
  expect((await anamo([...args, "--retry-failed"])).exitCode).toBe(0);
  expect((await readFile(join(folder, "good"), "utf8")).length).toBe(1);
  expect((await readFile(join(folder, "bad"), "utf8")).length).toBe(2);
});

describe("a corrected list", () => {
  const HEADER = "itemID\tTaskID\tTaskScript\n";

  test("is what --retry-failed runs", async () => {
    const { file, dir } = await taskFile(`${HEADER}e1\tS1\texit 4\n`);
    const args = ["run", file, "--dir", dir, "--max-attempts", "1"];
    expect((await anamo(args)).exitCode).toBe(1);
    await writeFile(file, `${HEADER}e1\tS1\techo fixedList\n`);
    const { exitCode, stdout } = await anamo([...args, "--retry-failed"]);
    expect(stdout).toContain("0 items imported, 1 started over\n1 failed item will be tried again\n");
    expect(stdout).toContain("The one item is done");
    expect(stdout).not.toContain("left as they are");
    expect(exitCode).toBe(0);
  });

  test("is not run as it was before if its row is rejected, and the run says so", async () => {
    const { file, folder, dir } = await taskFile(
      `${HEADER}e1\tS1\techo >>$PYANAMO/e1; exit 4\ne2\tS2\texit 5\ne3\tS3\texit 6\n`,
    );
    const args = ["run", file, "--dir", dir, "--pipeline", folder, "--max-attempts", "1"];
    await anamo(args);
    await writeFile(file, `${HEADER}e1\t\techo better\ne2\tS2\techo better\n`);
    const dry = await anamo([...args, "--retry-failed", "--dry-run", "--json"]);
    expect(JSON.parse(dry.stdout)).toMatchObject({ rejected: 1, retried: 1, notRetried: 1, effects: { restart: 1 } });
    const { stdout } = await anamo([...args, "--retry-failed"]);
    expect(stdout).toContain(
      "2 failed items will be tried again\n1 failed item is not tried again, because its row in the list was rejected: e1\n",
    );
    expect(stdout).toMatch(/then run them:\n.* run .*rejected\/.* --retry-list /);
    expect(await readFile(join(folder, "e1"), "utf8")).toBe("\n");
  });

  test("of commands names the old ones, which stay failed, and how to delete them", async () => {
    const cwd = await testFolder();
    const list = join(cwd, "lines.txt");
    const args = ["run", "--commands", "lines.txt", "--max-attempts", "1"];
    await writeFile(list, "exit 3\nfalse\n");
    const first = await anamo(args, { cwd });
    expect(first.stdout).not.toContain("in lines.txt");
    await writeFile(list, "exit 0\nfalse\n");
    const second = await anamo(args, { cwd });
    const [, id = ""] =
      /1 failed command is not in lines\.txt\. A line that was corrected is another item, .*; to delete it:\n {2}.* delete --yes (exit-3-\w+)\n/.exec(
        second.stdout,
      ) ?? [];
    expect(second.stdout).toContain(`failed: ${id} (step default): exit, exit code 3\n`);
    expect((await anamo(["delete", "--yes", id], { cwd })).exitCode).toBe(0);
    const third = await anamo([...args, "--json"], { cwd });
    expect(JSON.parse(third.stdout)).toMatchObject({ items: { done: 1, failed: 1 }, notInList: [] });
  });

  test("retries what failed in other lists too, or only in this one, or only in steps", async () => {
    const { file, folder, dir } = await taskFile(`${HEADER}a\tS\texit 1\n`);
    const other = join(folder, "other.tsv");
    await writeFile(other, "itemID\tTaskID\tStep\tTaskScript\nb\tS\tx\texit 1\nc\tS\ty\texit 1\n");
    const run = (list: string, ...more: string[]) =>
      anamo(["run", list, "--dir", dir, "--max-attempts", "1", ...more]).then(({ stdout }) => stdout);
    const retried = async (list: string, ...more: string[]) => {
      const { retried: others, effects } = JSON.parse(await run(list, "--dry-run", "--json", ...more));
      return others + effects.restart;
    };
    await run(file);
    await run(other);
    expect(await retried(file, "--retry-list")).toBe(1);
    expect(await retried(other, "--retry-step", "x")).toBe(1);
    expect(await retried(other, "--retry-list", "--retry-step", "default")).toBe(0);
    expect(await run(other, "--retry-step", "x", "--retry-step", "y")).toContain("\n2 failed items will be");
    expect(await run(file, "--retry-failed")).toContain("\n3 failed items will be tried again\n");
  });
});

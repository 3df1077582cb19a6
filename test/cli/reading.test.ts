import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { complete } from "../../lib/claims/complete.ts";
import { fail } from "../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import { anamo, startAnamo } from "../support/anamo.ts";
import { ACCESS_DENIED, batchServer } from "../support/batch-server.ts";
import { dynamoLine, type Fate } from "../support/dynamo-line.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, itemNow, newItem, openTasksNow } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { testFolder } from "../support/worker.ts";

const JOB = "11111111-0a82-49aa-ba5a-4727fcce14a8";

describe("anamo add", () => {
  test("adds an item once; the second time it says that the item exists and exits with 1", async () => {
    const table = await testTable();
    const add = ["add", "Seq_10", "--task", "S10", "--script", "seq", "--args", "10,12,14", "--step", "qc"];
    expect(await anamoOn(table, [...add, "--priority", "9"])).toEqual({
      exitCode: 0,
      stdout: "Seq_10 (sample S10, step qc, 3 tasks): added\n",
      stderr: "",
    });
    expect(await itemNow(table, "Seq_10")).toMatchObject({ step: "qc", priority: 9, nestedTasks: 3 });
    expect((await openTasksNow(table, "Seq_10"))[1]).toMatchObject({ script: "seq 12" });
    expect(await anamoOn(table, add)).toEqual({ exitCode: 1, stdout: "Seq_10: exists, left as it is\n", stderr: "" });
    const json = await anamoOn(table, [...add, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ itemID: "Seq_10", outcome: "exists", different: false });
  });

  test("names wrong values by their options, with exit code 2", async () => {
    const table = await testTable();
    const { exitCode, stdout, stderr } = await anamoOn(table, [
      "add",
      " ",
      "--task",
      "S1",
      "--script",
      "ls",
      "--priority",
      "10",
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(
      'anamo: ITEM: expected text of 1 to 256 bytes, found nothing\n--priority: expected a whole number from 0 to 9, found "10"\n',
    );
    expect((await anamoOn(table, ["add", "A", "--task", "S1"])).stderr).toContain("--script");
  });
});

describe("anamo import --dry-run", () => {
  test("shows what would be added and rejected, without a request to AWS", async () => {
    const file = join(await testFolder(), "tasks.txt");
    const rows = Array.from({ length: 12 }, (_, n) => `I${n}|S${n}|seq|1,2`);
    await writeFile(file, ["itemID|TaskID|TaskScript|TaskArgs", ...rows, "I3|S3|seq|", "|S1|seq|"].join("\n"));
    const text = await anamo(["import", file, "--dry-run", "--step", "qc"]);
    expect(text).toMatchObject({ exitCode: 1, stderr: "" });
    expect(text.stdout).toContain("12 items would be added (24 tasks):\n");
    expect(text.stdout).toContain("… and 2 more\n");
    expect(text.stdout).toContain(
      "2 rows would be rejected:\n  1 row with an itemID that is on an earlier line\n  line 15: itemID: expected text",
    );
    const { stdout } = await anamo(["import", file, "--dry-run", "--json"]);
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({ dryRun: true, N: 12, tasks: 24, repeated: 1, rejected: 1 });
    expect(json.items).toHaveLength(10);
    expect(json.items[0]).toEqual({
      itemID: "I0",
      taskID: "S0",
      step: "default",
      scripts: ["seq 1", "seq 2"],
      args: ["1", "2"],
    });
  });

  test("says what it would leave out and change, once for each kind", async () => {
    const file = join(await testFolder(), "tasks.csv");
    await writeFile(file, '# note\r\nitemID;TaskID;TaskScript\r\n#old;S1;x\r\na ;S1;"echo ""hi"""\r\nb;S1;"$X"\r\n');
    const { stdout, exitCode } = await anamo(["import", file, "--dry-run"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`
2 rows (first on line 1) left out: they start with #
1 row (line 4) had blanks at the ends of itemID, TaskID or Step: cut off
1 row (line 4) had fields in quotes, as a spreadsheet writes them: the quotes were removed
1 row (line 5) with quotes around a field kept them: they may belong to the script. If a spreadsheet wrote them, save the file as CSV with commas
`);
    const json = JSON.parse((await anamo(["import", file, "--dry-run", "--json"])).stdout);
    expect(json).toMatchObject({ comments: 2, trimmed: 1, unquoted: 1, quotesKept: 1, crlf: 0 });
    expect(json.firstLines).toEqual({ comments: 1, trimmed: 4, unquoted: 4, quotesKept: 5 });
  });

  test("exits with 2 if the file has no header", async () => {
    const file = join(await testFolder(), "tasks.txt");
    await writeFile(file, "no header\n");
    const { exitCode, stderr } = await anamo(["import", file, "--dry-run"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("itemID|TaskID|TaskScript");
  });
});

describe("anamo summary and watch", () => {
  test("--nested counts nested items by how far they are, and --items names them", async () => {
    const { table } = await bench();
    const text = await anamoOn(table, ["summary", "--nested", "--items"]);
    expect(text.stdout).toMatch(/^none +1\n/m);
    expect(text.stdout).toContain("1 nested item, 0 of 2 tasks done\n\ntasks done: none\n  N\n");
    const json = await anamoOn(table, ["summary", "--nested", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ items: 1, progress: { todo: 1, done: 0 } });
  });

  test("--by-sample shows samples against steps, as a table, as CSV that is safe to open, and as JSON", async () => {
    const { table } = await bench();
    const text = await anamoOn(table, ["summary", "--by-sample"]);
    expect(text.stdout).toBe(
      [
        "sample  align           call",
        "=S1     1 todo, 1 done  failed",
        "S2      done",
        "",
        "1 of 2 samples is done, 1 is left",
        "done in step align: 1 of 2, call: 0 of 1",
        "",
      ].join("\n"),
    );
    const csv = await anamoOn(table, ["summary", "--by-sample", "--csv"]);
    expect(csv.stdout).toBe(`taskID,done,align,call\n'=S1,false,"1 todo, 1 done",failed\nS2,true,done,\n`);
    const done = await anamoOn(table, ["summary", "--by-sample", "--done", "--csv"]);
    expect(done.stdout).toBe("taskID,done,align,call\nS2,true,done,\n");
    const json = JSON.parse((await anamoOn(table, ["summary", "--by-sample", "--json", "--step", "align"])).stdout);
    expect(json).toMatchObject({ steps: ["align"], samples: [{ taskID: "=S1" }, { taskID: "S2", done: true }] });
  });

  test.for([
    ["summary", "--by-sample"],
    ["summary", "--nested"],
    ["items", "--json"],
    ["logs"],
    ["reset", "--yes"],
    ["reset", "--dry-run"],
  ] as const)("%j names the step that does not exist, and lists the known ones", async (command) => {
    const { table } = await bench();
    const { exitCode, stderr } = await anamoOn(table, [...command, "--step", "algn", "--step", "align"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("anamo: there is no step algn; the steps are: align, call\n");
  });

  test.for([
    [["--items"], "--items goes with --nested only"],
    [["--csv"], "--csv goes with --by-sample only"],
    [["--nested", "--by-sample"], "cannot be used with option"],
  ] as const)("%j alone is wrong usage", async ([args, message]) => {
    const { exitCode, stderr } = await anamo(["summary", "-t", "any", ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  test("a second Ctrl-C ends watch at once, even if the table does not answer", async () => {
    const asked = Promise.withResolvers<void>();
    const endpoint = await dynamoLine((): Fate => {
      asked.resolve();
      return "hang";
    });
    const env = { ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint } as Record<string, string>;
    const { child, result } = startAnamo(["watch", "--table", "any"], { env });
    await asked.promise;
    const again = setInterval(() => child.kill("SIGINT"), 100); // signals that arrive together are merged
    expect(await result.finally(() => clearInterval(again))).toMatchObject({ exitCode: 130, stdout: "" });
  });

  test("watch prints a line or a document as often as --count says", async () => {
    const { table } = await bench();
    const lines = await anamoOn(table, ["watch", "--every", "0.01", "--count", "3"]);
    expect(lines.stdout.trimEnd().split("\n")).toEqual(
      Array(3).fill(
        expect.stringMatching(/^20\S+Z items: 1 todo, 0 locked, 2 done, 1 failed, 0 held; tasks done: 2 of 5$/),
      ),
    );
    const json = await anamoOn(table, ["watch", "--every", "0.01", "--count", "2", "--nested", "--json"]);
    const looks = json.stdout.trimEnd().split("\n");
    expect(looks.map((look) => JSON.parse(look).items)).toEqual([1, 1]);
  });
});

describe("anamo show and jobs", () => {
  test("show prints everything about an item, as text or JSON", async () => {
    const { table } = await bench();
    const { stdout } = await anamoOn(table, ["show", "C1"]);
    for (const line of [
      "item       C1",
      "sample     =S1",
      "step       call",
      "state      failed (exit, exit code 3) since 20",
    ]) {
      expect(stdout).toContain(line);
    }
    expect(stdout).toContain("host/1 had it last, since 20");
    expect(stdout).toContain("the last line of 4 bytes (all: anamo logs C1, --stderr)\n  | why");
    expect(JSON.parse((await anamoOn(table, ["show", "C1", "--json"])).stdout)).toMatchObject({
      itemID: "C1",
      state: "failed",
      exitCode: 3,
      attempt: 1,
      script: "echo C1",
      log: { stdout: "why\n" },
    });
    expect(await anamoOn(table, ["show", "nobody"])).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: `anamo: there is no item nobody in ${table.name} ("anamo items" lists them; for a sample: --sample NAME)\n`,
    });
  });

  test("jobs groups locked items by the state of their Batch jobs", async () => {
    const { table } = await bench();
    expect((await anamoOn(table, ["jobs"])).stdout).toBe(`No items in ${table.name} are locked.\n`);
    await claimAs(table, "N", "lock-N", { step: "align", instance: JOB, jobAttempt: 1 });
    const known = await batchServer(() => ({ status: 200, json: { jobs: [{ jobId: JOB, status: "RUNNING" }] } }));
    const json = await anamoOn(table, ["jobs", "--json"], { AWS_ENDPOINT_URL_BATCH: known });
    expect(json).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(json.stdout).states).toEqual({
      RUNNING: [{ itemID: "N", taskID: "=S1", step: "align", instance: JOB, jobAttempt: 1 }],
    });
    const forgotten = await batchServer(() => ({ status: 200, json: { jobs: [] } }));
    const text = await anamoOn(table, ["jobs", "--items"], { AWS_ENDPOINT_URL_BATCH: forgotten });
    expect(text.stdout).toMatch(/unknown +1 +1 +1\n/);
    expect(text.stdout).toMatch(new RegExp(`unknown +N +=S1 +align +${JOB} +1\n`));
    const denied = await batchServer(() => ACCESS_DENIED);
    const asked = await anamoOn(table, ["jobs"], { AWS_ENDPOINT_URL_BATCH: denied });
    expect(asked.exitCode).toBe(1);
    expect(asked.stdout).toMatch(/not asked +1 +1 +0\n/);
    expect(asked.stderr).toBe("anamo: Batch could not be asked: AccessDeniedException: not authorized\n");
  });
});

/** Two samples: S2 is done; =S1 has one item that waits, one that is done and one that failed. */
async function bench() {
  const table = await testTable();
  await addItems(table, [
    newItem("A1", { taskId: "=S1", step: "align" }),
    newItem("N", { taskId: "=S1", step: "align", scripts: ["a", "b"] }),
    newItem("A2", { taskId: "S2", step: "align" }),
    newItem("C1", { taskId: "=S1", step: "call" }),
  ]);
  for (const [id, step] of [
    ["A1", "align"],
    ["A2", "align"],
    ["C1", "call"],
  ] as const) {
    const claimed = await claimAs(table, id, `lock-${id}`, { step });
    if (!claimed.won) throw new Error(`${id} was not to be had`);
    const log = { stdout: "why\n", stderr: "", tagged: [] };
    if (id !== "C1") await complete(table, claimed.item, { exitCode: 0 });
    else {
      const outcome = { cause: "exit", exitCode: 3, log, logBytes: 4 } as const;
      await fail(table, claimed.item, outcome, { ...DEFAULT_POLICY, maxAttempts: 1 });
    }
  }
  return { table };
}

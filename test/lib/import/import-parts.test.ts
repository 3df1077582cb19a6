import { gzipSync } from "node:zlib";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { continueImport, type ImportResult, importFile } from "../../../lib/import/import-file.ts";
import { testTable } from "../../support/env.ts";
import { importBench, readReport, tableRows } from "../../support/imports.ts";

type Bench = Awaited<ReturnType<typeof importBench>>;

/** A rule that stops the import after every `count` rows. */
function stopAfter(count: number): () => boolean {
  let seen = 0;
  return () => ++seen % count === 0;
}

/** Imports a file in as many parts as it takes, like the S3 events would. */
async function importInParts({ deps, bucket }: Bench, key: string, shouldStop: () => boolean) {
  let result: ImportResult = await importFile(deps, { bucket, key }, { shouldStop });
  for (let part = 1; result.status === "continues"; part++) {
    if (part > 100) throw new Error("the import never ends");
    result = await continueImport(deps, { bucket, key: `continuations/${key}.json` }, { shouldStop });
  }
  return result;
}

const ROWS = Array.from({ length: 24 }, (_, n) => {
  if (n % 13 === 5) return ["", `s${n}`, "no id"];
  if (n % 11 === 9) return ["i1", `s${n}`, "again"];
  return [`i${n}`, `s${n}`, `echo "${n}",\n\n seq ${n}`];
});
const csv = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const CSV = `\r\nitemID,TaskID,TaskScript\r\n${ROWS.map((row) => `${row.map(csv).join(",")}\r\n`).join("\n")}`;
const PIPES = `\ufeff\nitemID|TaskID|TaskScript\n${ROWS.map(([id, task]) => `${id}|${task}|seq ${task}`).join("\n\n")}`;
const JSONL = ROWS.map(([itemID, TaskID, TaskScript]) => JSON.stringify({ itemID, TaskID, TaskScript })).join("\n");

describe.each<[string, string | Uint8Array, string, number[]]>([
  ["run.txt", PIPES, "skip", [7, 24]],
  ["run.txt.gz", gzipSync(PIPES), "skip", [2, 23]],
  ["run.csv", CSV, "skip", [1, 23, 24]],
  ["run.csv.gz", gzipSync(CSV), "reset", [7, 24]],
  ["run.jsonl", JSONL, "skip", [3, 23]],
])("%s imported in parts", (file, content, onDuplicate, counts) => {
  test.each(counts)("of %i rows has the same result as in one run", async (count) => {
    const whole = await importBench();
    const key = await whole.put(file, content, { "on-duplicate": onDuplicate });
    const inOneGo = await importFile(whole.deps, { bucket: whole.bucket, key });
    const rejected = await whole.text(inOneGo.rejectedKey ?? "");
    const report = await whole.report(inOneGo);

    const cut = await importBench(await testTable());
    const inParts = await importInParts(cut, key, stopAfter(count));
    expect(inParts).toEqual(inOneGo);
    expect(await tableRows(cut.table)).toEqual(await tableRows(whole.table));
    const again = await whole.report(inParts);
    expect(again.parts).toBe(Math.floor(ROWS.length / count) + 1);
    const timeless = { startedAt: "", endedAt: "", parts: 0 };
    const byLine = (a: { line: number }, b: { line: number }) => a.line - b.line;
    expect({ ...again, ...timeless, rows: again.rows.sort(byLine) }).toEqual({
      ...report,
      ...timeless,
      rows: report.rows.sort(byLine),
    });
    expect((await whole.text(inParts.rejectedKey ?? ""))?.split("\n").sort()).toEqual(rejected?.split("\n").sort());
    expect(await cut.keys(`continuations/${key}`)).toEqual([]);
    expect(await cut.keys(`reports/imports/${whole.step}/${file}.parts/`)).toEqual([]);
  });
});

test.each(["cmds.txt", "cmds.txt.gz"])(
  "%s with repeated commands imported in parts has the same items",
  async (file) => {
    const lines = Array.from({ length: 27 }, (_, n) => (n % 13 === 5 ? "sort <" : `seq \\\n ${n % 7}`));
    const text = `\ufeff${lines.join("\n")}`;
    const content = file.endsWith(".gz") ? gzipSync(text) : text;
    const whole = await importBench();
    const key = await whole.put(file, content, { format: "commands" });
    const inOneGo = await importFile(whole.deps, { bucket: whole.bucket, key });
    expect(inOneGo.counts).toMatchObject({ imported: 25, rejected: 2, joinedLines: 25, repeatedCommands: 18 });
    for (const count of [4, 9]) {
      const cut = await importBench(await testTable());
      expect(await importInParts(cut, key, stopAfter(count))).toEqual(inOneGo);
      expect(await tableRows(cut.table)).toEqual(await tableRows(whole.table));
    }
  },
);

test("an import with on-duplicate fail continues in the pass in which it stopped", async () => {
  const bench = await importBench();
  const rows = Array.from({ length: 250 }, (_, n) => `i${n}|s|seq ${n}\n`).join("");
  const key = await bench.put("run.txt", `itemID|TaskID|TaskScript\n${rows}`, { "on-duplicate": "fail" });
  const result = await importInParts(bench, key, stopAfter(120));
  expect(result.counts).toMatchObject({ imported: 250, rejected: 0, skipped: 0 });
  expect(await readReport(bench.s3, bench.bucket, result.reportKey ?? "")).toMatchObject({ parts: 5 });
});

describe("when the event of a file comes twice", () => {
  const rows = Array.from({ length: 40 }, (_, n) => `i${n}|s|seq ${n}\n`).join("");

  async function twice() {
    const bench = await importBench();
    const key = await bench.put("run.txt", `itemID|TaskID|TaskScript\n${rows}`);
    const note = { bucket: bench.bucket, key: `continuations/${key}.json` };
    const begin = (count: number) =>
      importFile(bench.deps, { bucket: bench.bucket, key }, { shouldStop: stopAfter(count) });
    const left = async () => [
      ...(await bench.keys(note.key)),
      ...(await bench.keys(`reports/imports/${bench.step}/run.txt.parts/`)),
    ];
    return { bench, note, begin, left };
  }

  test("the run that ends first removes the notes of both, also if the other had more parts", async () => {
    const { bench, note, begin, left } = await twice();
    await begin(10);
    for (let part = 2; part <= 3; part++) await continueImport(bench.deps, note, { shouldStop: stopAfter(10) });
    await begin(39);
    expect(await left()).not.toEqual([]);
    const result = await continueImport(bench.deps, note);
    expect(result).toMatchObject({ status: "imported", counts: { imported: 10, redelivered: 30 } });
    expect(await left()).toEqual([]);
  });

  test("the run that finds its notes gone says that the import has ended, and leaves none", async () => {
    const { bench, note, begin, left } = await twice();
    await begin(10);
    const written = (await bench.text(note.key)) ?? "";
    expect(await continueImport(bench.deps, note)).toMatchObject({ status: "imported" });
    await bench.putAt(note.key, written); // by the other run, which was slower
    expect(await continueImport(bench.deps, note)).toMatchObject({
      status: "ignored",
      message: "a late event: the import has ended",
    });
    expect(await left()).toEqual([]);
  });

  test("the notes of a file that has replaced it stay", async () => {
    const { bench, note, begin, left } = await twice();
    await begin(10);
    const first = (await bench.text(note.key)) ?? "";
    const [, ...parts] = await left();
    await bench.put("run.txt", `itemID|TaskID|TaskScript\n${rows}z|s|seq\n`);
    await begin(5);
    const both = await left();
    await bench.putAt("continuations/kept.json", first); // read by the first import's run before the second wrote its own
    expect(await continueImport(bench.deps, { ...note, key: "continuations/kept.json" })).toMatchObject({
      status: "rejected",
      message: expect.stringContaining("replaced by another file"),
    });
    expect(await left()).toEqual(both.filter((key) => !parts.includes(key)));
    expect(await continueImport(bench.deps, note)).toMatchObject({ status: "imported", counts: { imported: 31 } });
  });
});

describe("during the import of a file", () => {
  const content = "itemID|TaskID|TaskScript\na|s|seq 1\nb|s|seq 2\nc|s|seq 3\n";

  async function begun() {
    const bench = await importBench();
    const key = await bench.put("run.txt", content);
    const first = await importFile(bench.deps, { bucket: bench.bucket, key }, { shouldStop: () => true });
    expect(first).toMatchObject({ status: "continues", counts: { imported: 1 } });
    return { bench, key, note: { bucket: bench.bucket, key: `continuations/${key}.json` } };
  }

  test("the file may be replaced: the import ends and says so", async () => {
    const { bench, key, note } = await begun();
    await bench.put("run.txt", content.replaceAll("seq", "echo"));
    const result = await continueImport(bench.deps, note);
    expect(result).toMatchObject({
      key,
      status: "rejected",
      counts: { imported: 1 },
      message: `${key} has been replaced by another file; it was being imported, and the rows read before that are in the table`,
    });
    expect(await bench.report(result)).toMatchObject({ status: "rejected", imported: 1, parts: 2 });
  });

  test("the file may be deleted: the import ends and says so", async () => {
    const { bench, key, note } = await begun();
    await bench.s3.send(new DeleteObjectCommand({ Bucket: bench.bucket, Key: key }));
    expect(await continueImport(bench.deps, note)).toMatchObject({
      status: "rejected",
      message: `${key} is no longer in the bucket; it was being imported, and the rows read before that are in the table`,
    });
  });

  test("an event for a note that has been replaced or deleted is ignored", async () => {
    const { bench, note } = await begun();
    const late = { ...note, etag: "0123456789abcdef" };
    expect(await continueImport(bench.deps, late)).toMatchObject({
      status: "ignored",
      message: "a late event: the import has continued since",
    });
    expect(await continueImport(bench.deps, note)).toMatchObject({ status: "imported", counts: { imported: 3 } });
    expect(await continueImport(bench.deps, note)).toMatchObject({
      status: "ignored",
      message: "a late event: the import has ended",
    });
  });

  test("any other file under continuations/ is ignored", async () => {
    const { bench, note } = await begun();
    const key = await bench.putAt(note.key.replace("run.txt", "other.txt"), content);
    expect(await continueImport(bench.deps, { bucket: bench.bucket, key })).toMatchObject({
      status: "ignored",
      message: `${key} is not a note left by an import; put files to import under imports/ (continuations/ is reserved for anamo)`,
    });
  });
});

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { importFile, noCounts } from "../../../lib/import/import-file.ts";
import { importBench } from "../../support/imports.ts";

const HEADER = "itemID|TaskID|TaskScript\n";

describe("rejected rows", () => {
  test("are written next to the report, ready to be fixed and imported again", async () => {
    const bench = await importBench();
    const result = await bench.drop(
      "run1.txt.gz",
      gzipSync(`\ufeff\n${HEADER}a|s1|seq 1\r\n|s2|seq 2\r\nc|s3|seq 3 | wc\n`),
      { "nested-delimiter": ";", note: "no matter" },
    );
    expect(result).toMatchObject({
      counts: { imported: 1, rejected: 2 },
      rejectedKey: `reports/imports/${bench.step}/run1.rejected.txt`,
    });
    expect(await bench.text(result.rejectedKey ?? "")).toBe(`${HEADER}|s2|seq 2\nc|s3|seq 3 | wc\n`);
    expect(await bench.report(result)).toMatchObject({
      rejected: 2,
      rejectedKey: result.rejectedKey,
      rows: [
        {
          line: 4,
          outcome: "rejected",
          field: "itemID",
          expected: "text of 1 to 256 bytes",
          found: "nothing",
          message: "line 4: itemID: expected text of 1 to 256 bytes, found nothing",
        },
        { line: 5, outcome: "rejected", itemID: "c", field: "row", found: "4" },
      ],
    });
    const fixed = await bench.drop("run1.txt.gz", `${HEADER}b|s2|seq 2\nc|s3|seq 3\n`);
    expect(fixed.counts).toMatchObject({ imported: 2, rejected: 0 });
    expect(await bench.text(result.rejectedKey ?? "")).toBeUndefined();
  });

  test.each([
    ["x.jsonl", '{"itemID": "a b", "TaskID"\n{"TaskID": "S", "itemid":"b"}\n{"x":1}\n', ["a b", "b", undefined]],
    ["x.csv", 'itemID,TaskID,TaskScript\n"a ,s1,x\n"b"c,s1,x\nc,s1,"x\n', ['"a', '"b"c', "c"]],
    ["x.csv", 'TaskID,itemID,TaskScript\ns,="01",x,y\n', ["01"]],
    ["x.txt", "TaskScript|itemID|TaskID\nx|y|a|s\n", [undefined]],
  ])("say which item they are of if that is clear, in %s %j", async (name, content, ids) => {
    const bench = await importBench();
    const { rows } = await bench.report(await bench.drop(name, content));
    expect([...new Map(rows.map(({ line, itemID }) => [line, itemID])).values()]).toEqual(ids);
  });

  test("of a JSON Lines file are written without a header", async () => {
    const bench = await importBench();
    const result = await bench.drop("run1.jsonl", '{"itemID":"a"}\n{"itemID":"b","TaskID":"s","TaskScript":"x"}\n');
    expect(result.rejectedKey).toBe(`reports/imports/${bench.step}/run1.rejected.jsonl`);
    expect(await bench.text(result.rejectedKey ?? "")).toBe('{"itemID":"a"}\n');
  });

  test("may be many", async () => {
    const bench = await importBench();
    const bad = "|s|seq with some more text to fill the reports\n".repeat(40_000);
    const result = await bench.drop("run1.txt", `${HEADER}${bad}a|s|seq\n`);
    expect(result.counts).toMatchObject({ imported: 1, rejected: 40_000 });
    expect((await bench.report(result)).rows).toHaveLength(40_000);
    expect(await bench.text(result.rejectedKey ?? "")).toBe(HEADER + bad);
  });
});

describe("a file that cannot be used", () => {
  test.each<[string, string, string | Uint8Array, Record<string, string>, string]>([
    [
      "an empty file",
      "x.txt",
      "",
      {},
      "expected a text file with a header such as itemID|TaskID|TaskScript, found an empty file",
    ],
    [
      "no header",
      "x.txt",
      "a|b|c\n",
      {},
      'line 1: expected a header such as itemID|TaskID|TaskScript, found "a|b|c"; put the column names on the first line',
    ],
    [
      "a wrong delimiter in the metadata",
      "x.txt",
      HEADER,
      { delimiter: "xy" },
      'delimiter: expected one of the words pipe, comma, tab, semicolon, or one punctuation mark such as | or ;, found "xy"',
    ],
    [
      "a wrong rule in the metadata",
      "x.txt",
      HEADER,
      { "on-duplicate": "overwrite" },
      'metadata on-duplicate: expected one of skip, retry, reset, fail, found "overwrite"',
    ],
  ])("is reported as a whole: %s", async (_what, file, content, metadata, message) => {
    const bench = await importBench();
    const result = await bench.drop(file, content, metadata);
    expect(result).toMatchObject({ status: "rejected", message, counts: noCounts() });
    expect(await bench.report(result)).toMatchObject({ status: "rejected", message, rows: [] });
  });

  test("may be cut off: the rows before that are imported", async () => {
    const bench = await importBench();
    const rows = Array.from({ length: 600 }, (_, n) => `i${n}|s|echo ${Math.sin(n)}\n`).join("");
    const packed = gzipSync(HEADER + rows);
    const result = await bench.drop("x.txt.gz", packed.subarray(0, packed.length - 2_500));
    expect(result.status).toBe("rejected");
    expect(result.message).toMatch(
      /^after line \d+: the gzip data is damaged or cut off; .*; the rows before that were read$/,
    );
    expect(result.counts.imported).toBeGreaterThan(0);
  });

  test("may be in a folder whose name cannot be a step", async () => {
    const { deps, bucket, putAt } = await importBench();
    const key = await putAt(`imports/${"x".repeat(65)}/x.txt`, HEADER);
    const result = await importFile(deps, { bucket, key });
    expect(result.message).toBe(
      "the folder under imports/ names the step: expected text of 1 to 64 bytes, found 65 bytes",
    );
  });
});

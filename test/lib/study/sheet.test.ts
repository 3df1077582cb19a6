import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { oddValues } from "../../../lib/study/odd-values.ts";
import { openSheet } from "../../../lib/study/open-sheet.ts";
import { expand, studyOf } from "../../support/study.ts";

const NF_CORE = `sample,fastq_1,fastq_2,strandedness
S1,S1_1.fq,S1_2.fq,auto
S2,S2 a.fq,,unstranded
S3,it's.fq,S3_2.fq,auto
`;

test("each step has an item for each sample, and a step behind whole steps has one", async () => {
  const study = await studyOf(`align: { script: "align.sh {sample} {fastq_1} {fastq_2}", timeout: 6h }
call: { after: align, script: "call.sh {sample}", args: [chr1, chr2] }
qc: { after: align, script: "qc.sh {sample}", when: "{strandedness} != unstranded" }
report: { after: [qc], script: "report.sh {sample}" }
joint: { afterAll: call, allowFailed: 2%, script: "joint.sh" }`);
  const { items, ids, messages } = await expand(study, NF_CORE);
  expect(messages).toEqual([]);
  // a step whose predecessors leave a sample out also leaves it out
  expect(ids).toEqual(
    "align-S1 align-S2 align-S3 call-S1 call-S2 call-S3 qc-S1 qc-S3 report-S1 report-S3 joint".split(" "),
  );
  expect(items["align-S2"]).toMatchObject({
    taskId: "S2",
    step: "align",
    script: "align.sh S2 'S2 a.fq' ''",
    timeoutMs: 21_600_000,
  });
  expect(items["align-S3"]?.script).toBe("align.sh S3 'it'\\''s.fq' S3_2.fq");
  expect(items["call-S1"]).toMatchObject({ after: ["align"], script: ["call.sh S1 chr1", "call.sh S1 chr2"] });
  expect(items.joint).toMatchObject({ taskId: "all", afterAll: ["call"], allowFailed: "2%" });
});

test("several rows of a sample: columns that are equal count once, others need * or group", async () => {
  const lanes = "sample,lane,fq\nS1,L1,a.fq\nS1,L2,b.fq\nS2,L1,c.fq\n";
  const one = await expand(
    await studyOf('align: { script: "align.sh {sample} {fq}" }\nqc: { after: align, script: "qc.sh {sample}" }'),
    lanes,
  );
  expect(one.ids).toEqual(["align-S2", "qc-S2"]);
  expect(one.messages).toEqual([
    'line 2: fq: expected one value for sample "S1" in step align, found "a.fq", "b.fq" on lines 2, 3; write {fq*} for all of them, or  group: [sample, fq]  for an item of each',
    'line 3: expected all rows of sample "S1" to be usable, found a mistake on line 2',
  ]);
  const all = await expand(await studyOf('align: { script: "align.sh {sample} {fq*}" }'), lanes);
  expect(all.items["align-S1"]?.script).toBe("align.sh S1 a.fq b.fq");
  const each = await expand(
    await studyOf(
      'align: { group: [sample, lane], script: "align.sh {fq}" }\nmerge: { after: align, script: "merge.sh {sample}" }',
    ),
    lanes,
  );
  expect(each.ids).toEqual(["align-S1-L1", "align-S1-L2", "align-S2-L1", "merge-S1", "merge-S2"]);
  expect(each.items["merge-S1"]).toMatchObject({ taskId: "S1", after: ["align"] });
});

test("group makes an item of each value, which waits for its own samples", async () => {
  const study = await studyOf(`index: { script: "index.sh", once: true }
call: { after: index, script: "call.sh {sample}" }
pop: { after: call, group: pop, script: "pop.sh {pop} {sample*}" }
post: { after: pop, script: "post.sh {sample}" }`);
  const { items } = await expand(study, "sample,pop\nS1,EUR\nS2,AFR\nS3,EUR\n");
  expect(items["call-S1"]).toMatchObject({ afterItems: ["index"] });
  expect(items["pop-EUR"]).toMatchObject({
    taskId: "EUR",
    script: "pop.sh EUR S1 S3",
    afterItems: ["call-S1", "call-S3"],
  });
  expect(items["post-S3"]).toMatchObject({ afterItems: ["pop-EUR"] });
});

test("an item in all cannot wait for single samples, and a name of a column must be in the sheet", async () => {
  const study = await studyOf(`a: { script: "a {sample}" }
b: { after: a, script: "b", once: true }
c: { script: "c {sample}", group: popp, when: "{sexx} == f", args: { column: region } }`);
  await expect(expand(study, "sample,pop,sex,regions\n")).rejects.toThrow(
    [
      "workflow.yml:3: step b: it makes one item in all, so it waits for whole steps: write afterAll: a",
      'workflow.yml:4: step c: unknown column "popp"; did you mean {pop}?',
      'workflow.yml:4: step c: unknown column "region"; did you mean {regions}?',
      'workflow.yml:4: step c: unknown column "sexx"; did you mean {sex}?',
    ]
      .toSorted()
      .join("\n"),
  );
});

test.each([
  [
    "script: 'sleep 2 && echo {sample}', args: [chr1, chr2]",
    /script: expected a script that ends in a command, to .*"echo"/,
  ],
  ["script: 'sleep 2 && echo {sample}', args: { column: regions }", /script: expected a script that ends in a command/],
  ["script: 'x {sample} {}', args: [chr1, '']", /args: expected an argument in each of the 2 places, found none in/],
])(
  "a script without a place for its arguments is a mistake of the workflow, not of the rows: %s",
  async (text, why) => {
    const study = await studyOf(`a: { script: "a {sample}" }\ncall: { ${text} }`);
    const found = expand(study, "sample,regions\nS1,chr1\nS2,chr2\n");
    await expect(found).rejects.toThrow(why);
    await expect(found).rejects.toThrow(/^workflow.yml:3: step call: /);
  },
);

test("args may be a column: its values are separated like TaskArgs", async () => {
  const study = await studyOf('a: { script: "a {sample} {}", args: { column: regions } }');
  const { items, messages } = await expand(study, "sample,regions\nS1,chr1;chr 2\nS2,\n");
  expect(items["a-S1"]).toMatchObject({ script: ["a S1 chr1", "a S1 'chr 2'"], args: ["chr1", "chr 2"] });
  expect(messages).toEqual(["line 3: regions: expected at least one argument for step a, found nothing"]);
});

test("sheets as spreadsheets write them: BOM, CR LF, quotes, blanks, comments, empty columns, gzip", async () => {
  const study = await studyOf('a: { script: "a {Sample ID} {file}" }');
  const text = '\ufeff# from the lab\r\nSample ID;file;;\r\n S1 ;"x; y.fq";;\r\n;;;\r\n#S2;z;;\r\n"=""007""";7.fq\r\n';
  const { items, messages, tally } = await expand(study, gzipSync(text), "sheet.csv.gz");
  expect(messages).toEqual(["line 6: expected 2 fields (Sample ID, file), found 1"].slice(1));
  expect(items["a-S1"]).toMatchObject({ script: "a S1 'x; y.fq'" });
  expect(items["a-007"]).toMatchObject({ taskId: "007" });
  expect(tally).toMatchObject({ comments: 2, trimmed: 1, unquoted: 2, formulas: 1 });
});

test.each([
  ["a;b,c\n", /expected one delimiter in the header, found "," and ";" in "a;b,c"/],
  [
    "Sample_ID,Sample_Name\n",
    /expected one column called sample, sample_id or sample_name, found "Sample_ID" and "Sample_Name"; .* {2}sample: "Sample_ID"/,
  ],
  ["id,x\n", /expected one column called sample, sample_id or sample_name, found "id", "x"/],
  ["sample,,x\n", /no name for column 2 of 3/],
  ["sample,x,x\n", /has the column "x" more than once/],
  ["[Header]\nx\n", /sample sheet of a sequencer/],
  ['{"sample": "S1"}\n', /it looks like JSON/],
  ["", /found an empty file/],
  ["\x1f\x8b", /./],
  ["PK\x03\x04abc", /an Excel workbook/],
])("a sheet that begins with %j is a message", async (sheet, message) => {
  const study = await studyOf('a: { script: "a {sample}" }');
  await expect(expand(study, sheet, "sheet")).rejects.toThrow(message);
});

test("bad rows are rejected with line, field, expected and found; the others become items", async () => {
  const study = await studyOf('a: { script: "a {sample} {x}" }\nb: { after: a, script: "b {sample}" }');
  const { ids, messages } = await expand(study, 'sample,x\nS1,1\nS2\n,3\nS4,4,5\n"S5,5\nS6,6\n');
  expect(ids).toEqual(["a-S1", "a-S6", "b-S1", "b-S6"]);
  expect(messages).toEqual([
    "line 3: expected 2 fields (sample, x), found 1",
    "line 4: sample: expected text of 1 to 256 bytes, found nothing",
    'line 5: expected 2 fields (sample, x), found 3; a field with the delimiter "," in it has to be in quotes',
    expect.stringContaining('line 6: expected a closing quote (")'),
  ]);
});

test("values that can be used and are often not meant are told: empty ones in scripts, ids that differ in case", async () => {
  const study = await studyOf(
    'a: { script: "a {sample} {x}" }\nb: { script: "b {sample} {y}", when: "{y} != \'\'" }\nc: { once: true, script: c }',
  );
  const text = "sample,x,y,z\nS1,1,,\n#S0,,,\ns1,,2,\nS2,,3,\n";
  const source = (async function* () {
    yield Buffer.from(text);
  })();
  const { plan, sheet } = await openSheet(source, "samples.csv", { study });
  expect(oddValues(plan, sheet.rows)).toEqual({ empty: [{ column: "x", rows: 2, line: 4 }], alike: [["S1", "s1"]] });
});

test("itemIDs that would be the same are rejected, and an empty group is", async () => {
  const study = await studyOf(
    'a: { script: "a {sample}" }\na-b: { script: "b {sample}" }\ng: { group: pop, script: "g {pop}" }',
  );
  const { messages } = await expand(study, "sample,pop\nb-S1,EUR\nS1,\n");
  expect(messages).toEqual([
    expect.stringContaining('line 3: itemID: expected one that no other item has, found "a-b-S1", also from step a'),
  ]);
  const empty = await expand(study, "sample,pop\nS1,\n");
  expect(empty.messages).toEqual(["line 2: pop: expected a value, as step g makes an item of each, found nothing"]);
});

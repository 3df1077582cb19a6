import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { NewItem } from "../../lib/items/new-item.ts";
import type { ResultPlace } from "../../lib/results/place.ts";
import { addAll, runOne, stepItem } from "../support/depend.ts";
import { testBucket, testTable } from "../support/env.ts";
import { itemNow } from "../support/items.ts";
import { leaveResult } from "../support/results.ts";
import { testFolder, testWorker } from "../support/worker.ts";

const places: [string, () => Promise<ResultPlace>][] = [
  ["a folder", async () => ({ folder: join(await testFolder(), "results") })],
  ["a bucket", async () => ({ bucket: testBucket().bucket, prefix: randomUUID() })],
];

const SHOW =
  'find -L inputs -type f | sort | while read -r f; do echo "$f: $(cat "$f")"; done; test inputs -ef "$INPUTS"';

test.each(places)(
  "scripts find results of predecessors, reference data and files in ./inputs, from %s",
  async (_, make) => {
    const [table, results] = [await testTable(), await make()];
    const { s3, bucket } = testBucket();
    const key = `${randomUUID()}/ref`;
    for (const name of ["ref.fa", "index/ref.bwt"]) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${key}/${name}`, Body: `of ${name}` }));
    }
    const inputs = ["align", `s3://${bucket}/${key}/ref.fa`, `s3://${bucket}/${key}/index/`, "./panel.bed"];
    const twice = Array.from({ length: 2 }, () => 'test -s inputs/align/S1.bam && rm inputs && test -d "$INPUTS"');
    await addAll(table, [
      stepItem("call/S1", { after: ["align"], inputs, script: SHOW }),
      stepItem("nested/S1", {
        after: ["align"],
        inputs: ["align"],
        script: undefined,
        scripts: twice,
      } as Partial<NewItem>),
      stepItem("joint/all", { afterAll: ["geno"], allowFailed: "1", inputs: ["geno"], script: SHOW }),
      ...["align/S1", "align/S1/2", "geno/S2", "geno/S 3", "geno/S4"].map((id) => stepItem(id)),
    ]);
    await runOne(table, "geno/S2", "failed");
    for (const id of ["align/S1", "align/S1/2", "geno/S 3", "geno/S4"]) await runOne(table, id);
    await leaveResult(table, results, "align/S1", { "S1.bam": "bam", "qc/it's $1.txt": "qc" });
    await leaveResult(table, results, "align/S1/2", { "S1.log": "" });
    await leaveResult(table, results, "geno/S2", { "out.vcf": "of an earlier run" });
    await leaveResult(table, results, "geno/S 3", { "out.vcf": "3" });
    await leaveResult(table, results, "geno/S4", { "out.vcf": "4" });
    const pipelineDir = await testFolder();
    await writeFile(join(pipelineDir, "panel.bed"), "bed");
    const scratchDir = join(pipelineDir, "scratch");
    const { worker } = await testWorker(table, { results, pipelineDir, scratchDir, nested: 2 });
    expect(await worker.run()).toMatchObject({ ended: { done: 3 } });
    expect((await itemNow(table, "call/S1")).outcome?.log?.stdout.trim().split("\n")).toEqual([
      "inputs/align/S1.bam: bam",
      "inputs/align/S1.log: ",
      "inputs/align/qc/it's $1.txt: qc",
      "inputs/index/ref.bwt: of index/ref.bwt",
      "inputs/panel.bed: bed",
      "inputs/ref.fa: of ref.fa",
    ]);
    // the sample that failed is not included
    expect((await itemNow(table, "joint/all")).outcome?.log?.stdout.trim().split("\n")).toEqual([
      "inputs/geno/S%203/out.vcf: 3",
      "inputs/geno/S4/out.vcf: 4",
    ]);
    expect((await readdir(scratchDir)).filter((name) => name !== "cache")).toEqual([]);
  },
);

test("an input that is missing, incomplete or unclear fails its item before a script runs, and says what helps", async () => {
  const [table, folder] = [await testTable(), await testFolder()];
  const { s3, bucket } = testBucket();
  const clash = randomUUID();
  for (const name of ["a", "a/b"])
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${clash}/${name}`, Body: "x" }));
  const expected: Record<string, [Partial<NewItem>, string]> = {
    "use/none": [
      { after: ["none"], inputs: ["none"] },
      'inputs/none: expected results of none/none, found none; let its script write them to "$OUT", then make it again: anamo reset none/none --following',
    ],
    "use/short": [
      { after: ["make"], inputs: ["make"] },
      `inputs/make/a.txt: expected the 4 bytes of ${folder}/make/short/make%2Fshort/a.txt, found 1 bytes; make it again: anamo reset make/short --following`,
    ],
    "use/gone": [
      { after: ["make"], inputs: ["make"] },
      `inputs/make: the result of attempt 1 is not in ${folder}/make/gone/make%2Fgone; make it again: anamo reset make/gone --following`,
    ],
    "use/same": [
      { after: ["make"], inputs: ["make"] },
      'inputs/make/a.txt: expected one file of that name, found "a.txt" of make/same and "a.txt" of make/same/2; let their scripts give them different names',
    ],
    "use/ref": [
      { inputs: [`s3://${bucket}/no-such-key.fa`] },
      `inputs/no-such-key.fa: s3://${bucket}/no-such-key.fa: not there`,
    ],
    "use/folder": [
      { inputs: [`s3://${bucket}/${clash}/`] },
      // the system's message names the file
      `inputs: "s3://${bucket}/${clash}/" cannot be put in place: `,
    ],
    "use/path": [
      { inputs: ["/no/such/file"] },
      "inputs/file: expected /no/such/file to be there, found nothing; check the path",
    ],
    "use/long": [
      { inputs: [`/${"a".repeat(300)}`] },
      `inputs: "/${"a".repeat(300)}" cannot be put in place: ENAMETOOLONG: name too long, stat '/${"a".repeat(300)}'`,
    ],
    "use/step": [
      { afterItems: ["none/none"], inputs: ["other"] },
      "inputs/other: expected items of step other among those that it waits for, found none",
    ],
  };
  const made = ["none/none", "make/short", "make/gone", "make/same", "make/same/2"];
  await addAll(
    table,
    made.map((id) => stepItem(id)),
  );
  for (const [id, [fields]] of Object.entries(expected))
    await addAll(table, [stepItem(id, { ...fields, maxAttempts: 1, script: `touch ${folder}/ran` })]);
  const results = { folder };
  for (const id of made) {
    await runOne(table, id);
    if (id !== "none/none") await leaveResult(table, results, id, { "a.txt": "text" });
  }
  await writeFile(join(folder, "make/short/make%2Fshort/a.txt"), "t");
  await rm(join(folder, "make/gone"), { recursive: true });
  const { worker } = await testWorker(table, { results, items: 3 });
  expect(await worker.run()).toMatchObject({ reason: "empty", ended: { failed: Object.keys(expected).length } });
  for (const [id, [, message]] of Object.entries(expected)) {
    const { outcome } = await itemNow(table, id);
    const found = id === "use/folder" ? outcome?.message?.slice(0, message.length) : outcome?.message;
    expect([id, outcome?.cause, found]).toEqual([id, "no-start", message]);
  }
  expect(await readdir(folder)).not.toContain("ran");
});

test("a study goes through S3 with workers in folders of their own, which share nothing else", async () => {
  const table = await testTable();
  const results = { bucket: testBucket().bucket, prefix: randomUUID() };
  await addAll(table, [
    stepItem("joint/all", {
      afterAll: ["call"],
      inputs: ["call"],
      script: 'cat inputs/call/*/*.txt | tee "$OUT/all.txt"',
    }),
    ...["S1", "S2"].flatMap((sample) => [
      stepItem(`call/${sample}`, {
        after: ["align"],
        inputs: ["align"],
        script: undefined,
        scripts: ["a", "b"].map(
          (part) => `cat inputs/align/reads > "$OUT/${part}.txt"; echo ${part} >> "$OUT/${part}.txt"`,
        ),
      } as Partial<NewItem>),
      stepItem(`align/${sample}`, { script: 'echo "$TASK_ID" > "$OUT/reads"' }),
    ]),
  ]);
  const workers = await Promise.all(
    [1, 2].map((n) => testWorker(table, { results, instance: `host/${n}`, stayMs: 60_000 })),
  );
  await Promise.all(workers.map(({ worker }) => worker.run()));
  expect((await itemNow(table, "joint/all")).outcome?.log?.stdout).toBe("S1\na\nS1\nb\nS2\na\nS2\nb\n");
});

test("a script whose input was replaced while it ran is run again, and no attempt is burned", async () => {
  const [table, folder] = [await testTable(), await testFolder()];
  const results = { folder };
  const wait = `[ "$ATTEMPT" = 1 ] && touch ${folder}/started && until [ -e ${folder}/go ]; do sleep 0.05; done`;
  const script = `head -1 inputs/align/a.txt; ${wait}; cat inputs/align/a.txt > "$OUT/copy"`;
  await addAll(table, [stepItem("align/S1"), stepItem("call/S1", { after: ["align"], inputs: ["align"], script })]);
  await runOne(table, "align/S1");
  await leaveResult(table, results, "align/S1", { "a.txt": "old" });
  const { worker } = await testWorker(table, { results });
  const ended = worker.run();
  while (!existsSync(join(folder, "started"))) await sleep(20);
  await leaveResult(table, results, "align/S1", { "a.txt": "new" });
  await writeFile(join(folder, "go"), "");
  expect(await ended).toMatchObject({ ended: { done: 1 } });
  const { attempt, failures, interruptions, outcome } = await itemNow(table, "call/S1");
  expect({ attempt, failures, interruptions }).toEqual({ attempt: 2, failures: 0, interruptions: 1 });
  expect(outcome?.log?.stdout).toBe("new");
  expect(await readFile(join(folder, "call/S1/call%2FS1/copy"), "utf8")).toBe("new");
});

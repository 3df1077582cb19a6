import { mkdir, mkdtemp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, inject, onTestFinished, test } from "vitest";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import type { NewItem } from "../../lib/items/new-item.ts";
import { keysBelow } from "../../lib/results/s3-keys.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { openTable } from "../../lib/table.ts";
import { createTable } from "../../lib/tables/create-table.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { addAll, stepItem } from "../support/depend.ts";
import { startMiniStack } from "../support/emulators/ministack.ts";
import { startWorker } from "../support/worker-process.ts";

const BUCKET = "study";
const SAMPLES = ["S1", "S 2", "ß3"];
const MANIFEST = ".manifest.json";

/** A genomics study in small: the reference is indexed once, reads are aligned and called, and all is joined. */
function studyOf(): NewItem[] {
  const reads = (sample: string) => `s3://${BUCKET}/reads/${sample}.fq`;
  return [
    stepItem("index/all", { inputs: [`s3://${BUCKET}/ref/`], script: 'sort inputs/ref/* > "$OUT/genome.idx"' }),
    ...SAMPLES.flatMap((sample) => [
      stepItem(`align/${sample}`, {
        afterAll: ["index"],
        inputs: ["index", reads(sample)],
        script:
          'cat inputs/index/all/genome.idx inputs/*.fq > "$OUT/$TASK_ID.sam"; mkdir "$OUT/qc"; : > "$OUT/qc/empty"',
      }),
      stepItem(`call/${sample}`, {
        after: ["align"],
        inputs: ["align"],
        scripts: ["chr1", "chr2"].map((name) => `grep -h ${name} inputs/align/*.sam > "$OUT/${name}.vcf"`),
        script: undefined,
      } as Partial<NewItem>),
    ]),
    stepItem("joint/all", {
      afterAll: ["call"],
      inputs: ["call"],
      script: 'sort inputs/call/*/*.vcf | uniq -c | sed "s/^ *//" > "$OUT/joint.txt"',
    }),
  ];
}

test("a study passes its files through S3, between workers that share nothing else", { timeout: 240_000 }, async () => {
  const dir = await mkdtemp(join(inject("awsRunDir"), "results-"));
  const server = await startMiniStack(dir);
  onTestFinished(() => server.close());
  const keys = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
  const own = { ANAMO_TABLE: "study", ANAMO_BUCKET: BUCKET, ANAMO_RESULTS: `s3://${BUCKET}/results` };
  const ends = { AWS_ENDPOINT_URL_DYNAMODB: server.endpoint, AWS_ENDPOINT_URL_S3: server.endpoint };
  const env = { ...keys, ...own, ...ends };
  const [client, s3] = [dynamoClient(env), s3Client(env)];
  const workflow = new Workflow({ table: "study", bucket: BUCKET, env });
  onTestFinished(() => {
    for (const one of [client, s3]) one.destroy();
    workflow.close();
  });
  await createTable(client, "study");
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const files = {
    "ref/genome.fa": "chr2\nchr1\n",
    ...Object.fromEntries(SAMPLES.map((s) => [`reads/${s}.fq`, "chr1\n"])),
  };
  for (const [Key, Body] of Object.entries(files)) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  await addAll(openTable("study", client), studyOf());

  for (const steps of [["index", "align"], ["call"], ["joint"]]) {
    const folder = join(dir, `worker-${steps[0]}`);
    await mkdir(join(folder, "scratch"), { recursive: true });
    const command = { ANAMO_STEPS: steps.join(","), ANAMO_ITEMS: "2", ANAMO_SCRATCH: join(folder, "scratch") };
    const worker = startWorker({ cwd: folder, env: { ...env, ...command, ANAMO_PIPELINE: folder } });
    expect(await worker.ended, worker.said()).toBe(0);
    // nothing stays where it ran
    expect(await readdir(folder, { recursive: true })).toEqual(["scratch"]);
  }

  const found = await Array.fromAsync(workflow.results({ all: true }, { get: join(dir, "copies") }));
  expect(found.flatMap(({ problems = [] }) => problems)).toEqual([]);
  // the index, three alignments with an empty file each, two calls for each sample, and the end
  expect(found.map(({ step, files: own = [] }) => `${step} ${own.length}`).toSorted()).toEqual([
    ...Array.from({ length: 3 }, () => "align 2"),
    ...Array.from({ length: 6 }, () => "call 1"),
    "index 1",
    "joint 1",
  ]);
  const joint = await readFile(join(dir, "copies/joint/all/joint%2Fall/joint.txt"), "utf8");
  expect(joint).toBe("6 chr1\n3 chr2\n");
  // nothing else is stored: no half of a result, no note of an upload
  const stored: string[] = [];
  for await (const page of keysBelow(s3, BUCKET, "results/"))
    stored.push(...page.map(({ key }) => `s3://${BUCKET}/${key}`));
  const recorded = found.flatMap(({ place, files: own = [] }) =>
    [MANIFEST, ...own.map(({ name }) => name)].map((name) => place + name),
  );
  expect(stored.toSorted()).toEqual(recorded.toSorted());
});

import { expect, test } from "vitest";
import { expand, studyOf } from "../../support/study.ts";

test("inputs of a workflow file are the steps that are waited for, and places that may name columns", async () => {
  const study = await studyOf(`index: { script: index.sh, once: true }
align:
  after: index
  inputs: [index, "s3://reads/{fastq*}", "{bed}"]
  script: "align.sh {sample}"
qc: { after: align, inputs: align, script: "qc.sh {sample}", when: "{bed} != a/S2.bed" }
call: { after: [align, qc], inputs: [align, qc], script: "call.sh {sample}" }
joint: { afterAll: call, inputs: call, script: joint.sh }`);
  const sheet = "sample,fastq,bed\nS1,S1_L1.fq,a/S1.bed\nS1,S1_L2.fq,a/S1.bed\nS2,S2.fq,a/S2.bed\nS3,,a/S3.bed\n";
  const { items, messages } = await expand(study, sheet);
  expect(messages).toEqual(["line 5: fastq: expected a value, as it is an input, found nothing"]);
  expect(items["align-S1"]).toMatchObject({
    afterItems: ["index"],
    inputs: ["index", "s3://reads/S1_L1.fq", "s3://reads/S1_L2.fq", "a/S1.bed"],
  });
  expect(items["call-S1"]).toMatchObject({ after: ["align", "qc"], inputs: ["align", "qc"] });
  // what `when` leaves out is neither waited for nor an input
  expect(items["call-S2"]).toMatchObject({ after: ["align"], inputs: ["align"] });
  expect(items.joint).toMatchObject({ afterAll: ["call"], inputs: ["call"] });
});

test("inputs that cannot be are named with their lines, what was expected, and the closest match", async () => {
  const EXPECTED = "expected a step of after or afterAll, an s3:// URI, or a path with a / in it, found";
  const wrong = studyOf(`align: { script: "a.sh {sample}" }
call: { script: "c.sh {sample}", inputs: align }
joint: { afterAll: call, script: j.sh, inputs: [cal, ref.fa, "s3://b"] }`);
  await expect(wrong).rejects.toThrow(
    [
      `workflow.yml:3: step call: inputs: ${EXPECTED} the step "align"; add  after: align  to wait for it`,
      `workflow.yml:4: step joint: inputs: ${EXPECTED} "cal"; did you mean call?`,
      `workflow.yml:4: step joint: inputs: ${EXPECTED} "ref.fa"; for a file in the pipeline folder write ./ref.fa`,
      'workflow.yml:4: step joint: inputs: expected a URI such as s3://bucket/ref/genome.fa, found "s3://b"',
    ].join("\n"),
  );
  const study = await studyOf(`align: { script: "a.sh {sample}", inputs: "x/{fastq1}" }`);
  await expect(expand(study, "sample,fastq_1\nS1,a\n")).rejects.toThrow(
    'workflow.yml:2: step align: inputs: unknown column "fastq1"; did you mean {fastq_1}?',
  );
});

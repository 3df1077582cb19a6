import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { loopbackEnv } from "../support/emulators/environment.ts";
import { fetchPython } from "../support/emulators/fetch.ts";
import { KINDS, REGIONS } from "../support/emulators/kinds-of-stacks.ts";
import type { Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

const run = promisify(execFile);

const EC2 = ["instanceTypes=c7i,m7i.large", "diskGiB=500", "jobVcpus=8", "jobMemoryMiB=30000"];

const PARAMETERS: readonly [string, readonly string[]][] = [
  ...KINDS,
  ["Fargate, ARM", ["computeType=FARGATE", "cpuArchitecture=ARM64", "jobVcpus=4", "jobMemoryMiB=16384", "diskGiB=200"]],
  ["EC2 Spot", ["computeType=EC2_SPOT", ...EC2]],
  ["EC2, ARM", ["computeType=EC2", "cpuArchitecture=ARM64", "instanceTypes=default_arm64"]],
  ["EC2 Spot, ARM", ["computeType=EC2_SPOT", "cpuArchitecture=ARM64", "instanceTypes=c7g,m7g.large"]],
  ["given security groups", ["subnets=subnet-11111111", "securityGroups=sg-44444444,sg-55555555"]],
  [
    "given names, a given image and archive",
    [
      ...["bucket=my-lab", "table=cohort1", "pipelineArchive=s3://my-lab/pipeline/p.tar.gz"],
      ...["workerImage=123456789012.dkr.ecr.eu-west-2.amazonaws.com/lab/tools:1.2"],
      ...["jobPolicies=arn:aws:iam::123456789012:policy/lab-data"],
    ],
  ],
  [
    "an archive in the stack's bucket, an image from another registry, all other settings changed",
    [
      ...["pipelineArchive=s3://anamo-dev-${AWS::AccountId}-us-east-1/pipeline/p.tar.gz", "workerImage=lab/tools:1"],
      ...["keepLogsDays=365", "keepReportsDays=30", "keepProgressDays=0", "alarmEmail=lab@example.org"],
      ...["launchEvery=never", "launchAfterImport=no", "launchAfterJobs=no", "reservedConcurrency=yes", "pauseAfter=0"],
      ...["notify=yes", "notifyEmail=lab@example.org", "metrics=steps", "dashboard=yes", "eventBus=default"],
      ...["tags=project=exomes", "zones=use1-az4,use1-az6", "hostsFrom=2026-11-30", "scriptCredentials=none"],
    ],
  ],
];

let folder: string;
let found: string;

// one run for all templates, and one for parts in which two of them differ in other regions: a start takes longer than
// a template
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anamo-cfn-lint-"));
  for (const [name, params] of PARAMETERS) await keep(name, await templateOf(params));
  const wrong = await templateOf();
  Object.assign(wrong.Resources.JobQueue?.Properties ?? {}, { Priority: "first" });
  await keep("wrong", wrong);
  const python = await fetchPython();
  const others = PARAMETERS.filter((one) => !KINDS.includes(one)).map(([name]) => name);
  const files = [...others, "wrong"].map(fileOf);
  // run by that python: the path in its first line is the temporary one of its installation
  const lint = [join(dirname(python), "cfn-lint"), "--format", "parseable"];
  const env = loopbackEnv(inject("awsRunDir"));
  const check = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run(python, [...lint, ...args], { env }).catch((e) => e);
    return stdout + stderr;
  };
  const everywhere = KINDS.map(([name]) => fileOf(name));
  const [here, elsewhere] = await Promise.all([
    check("--", ...files),
    check("--regions", ...REGIONS, "--", ...everywhere),
  ]);
  found = here + elsewhere;
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test.for(PARAMETERS)("cfn-lint finds nothing: %s", ([name]) => {
  expect(found.split("\n").filter((line) => line.includes(fileOf(name)))).toEqual([]);
});

test("cfn-lint does find an error in a wrong template", () => {
  expect(found).toMatch(/wrong\.json:.*'first' is not of type 'integer'/);
});

const fileOf = (name: string) => join(folder, `${name.replaceAll(/\W+/g, "-")}.json`);

async function keep(name: string, template: Template): Promise<void> {
  await writeFile(fileOf(name), JSON.stringify(template));
}

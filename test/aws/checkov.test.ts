import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { loopbackEnv } from "../support/emulators/environment.ts";
import { fetchCheckov } from "../support/emulators/fetch.ts";
import { inRegion, KINDS, REGIONS } from "../support/emulators/kinds-of-stacks.ts";
import type { Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

/*
 * checkov's rules about CloudFormation. Each exception has a reason; an exception that is no longer needed is an error.
 */

const FUNCTIONS = /(LambdaFunction|EventsFunction)$/;
const OWN_KEY =
  "encrypted with a key of AWS; one's own costs $1 a month and a price for each use, and protects nobody more";

/** By rule: the resources that break it, and why that is right. */
const EXCEPTIONS: Readonly<Record<string, { on: RegExp; why: string }>> = {
  CKV_AWS_18: { on: /Bucket$/, why: "access logs of a bucket cost more than the table; CloudTrail can be turned on" },
  CKV_AWS_21: { on: /^ServerlessDeploymentBucket$/, why: "each deploy uploads new code; old code can be built again" },
  CKV_AWS_26: {
    on: /^(AlarmTopic|NotificationTopic)$/,
    why: "their messages name no sample; CloudWatch cannot publish with the key of SNS",
  },
  CKV_AWS_27: {
    on: /^(FailedEvents|ImportQueue)$/,
    why: "encrypted with the keys of SQS, which the rule does not know",
  },
  CKV_AWS_51: { on: /^WorkerRepository$/, why: "jobs run the newest push of `latest`" },
  CKV_AWS_115: {
    on: FUNCTIONS,
    why: "a new account cannot reserve any; maxImports limits the one that many files start",
  },
  CKV_AWS_116: {
    on: FUNCTIONS,
    why: "all but summarize have a destination for failures, which the rule does not know",
  },
  CKV_AWS_117: { on: FUNCTIONS, why: "they call only AWS's own services; a VPC would need a NAT gateway, $33 a month" },
  CKV_AWS_119: { on: /^Table$/, why: OWN_KEY },
  CKV_AWS_136: { on: /^WorkerRepository$/, why: OWN_KEY },
  CKV_AWS_158: { on: /LogGroup$/, why: OWN_KEY },
  CKV_AWS_173: { on: FUNCTIONS, why: "variables hold names and numbers, no secrets" },
};

interface Failure {
  check_id: string;
  check_name: string;
  /** `AWS::SQS::Queue.FailedEvents` */
  resource: string;
  file_path: string;
}

let folder: string;
let found: Failure[];
/** Where a template was written, by its text without its zones, and by kind and region. */
const [readAs, files] = [new Map<string, string>(), new Map<string, string>()];
let passed: number;

// one run for all: a start takes longer than a template
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anamo-checkov-"));
  for (const [name, params] of KINDS) {
    const template = await templateOf(params);
    // No rule examines a zone, and regions differ only by zones: templates that are otherwise equal are read once
    for (const region of REGIONS) {
      const text = JSON.stringify(inRegion(template, region));
      const same = zoneless(text);
      const file = readAs.get(same) ?? fileOf(name, region);
      if (!readAs.has(same)) await writeFile(file, text);
      readAs.set(same, file);
      files.set(`${name} ${region}`, file);
    }
  }
  const open = await templateOf();
  delete open.Resources.Bucket?.Properties.PublicAccessBlockConfiguration;
  await writeFile(fileOf("open", "us-east-1"), JSON.stringify(open));
  const python = await fetchCheckov();
  // with this option, and the variable below, it makes no requests
  const options = ["--framework", "cloudformation", "--skip-download", "--compact", "--quiet", "--soft-fail"];
  // run by that python: the path in its first line is the temporary one of its installation
  const args = [join(dirname(python), "checkov"), ...options, "--output", "json", "--directory", folder];
  const env = { ...loopbackEnv(inject("awsRunDir")), LOG_LEVEL: "ERROR", CKV_SKIP_PACKAGE_UPDATE_CHECK: "true" };
  const { stdout } = await promisify(execFile)(python, args, { env, maxBuffer: 256 * 1024 * 1024 });
  const { results, summary } = JSON.parse(stdout) as {
    results: { failed_checks: Failure[] };
    summary: { passed: number; parsing_errors: number };
  };
  expect(summary.parsing_errors).toBe(0);
  found = results.failed_checks;
  passed = summary.passed;
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const fileOf = (name: string, region: string) => join(folder, `${name.replaceAll(/\W+/g, "-")}.${region}.json`);
const resourceOf = ({ resource }: Failure) => resource.slice(resource.lastIndexOf(".") + 1);
const isExcepted = (failure: Failure) => EXCEPTIONS[failure.check_id]?.on.test(resourceOf(failure)) ?? false;
const isOf = (name: string, region: string) => (failure: Failure) =>
  failure.file_path.endsWith((files.get(`${name} ${region}`) ?? fileOf(name, region)).slice(folder.length));
const zoneless = (text: string) => text.replaceAll(/"AvailabilityZoneId":"[\w-]+"/g, '"AvailabilityZoneId":"-"');

test.for(KINDS)("a stack breaks no rule but those with a reason: %s", ([name]) => {
  expect(passed).toBeGreaterThan(100 * KINDS.length);
  expect(REGIONS.filter((region) => files.has(`${name} ${region}`))).toEqual([...REGIONS]);
  for (const region of REGIONS) {
    const broken = found.filter((failure) => isOf(name, region)(failure) && !isExcepted(failure));
    expect(broken.map((one) => `${region}: ${one.check_id} ${resourceOf(one)}: ${one.check_name}`)).toEqual([]);
  }
});

test("each exception is needed", () => {
  const needed = new Set(found.filter(isExcepted).map(({ check_id }) => check_id));
  expect(Object.keys(EXCEPTIONS).filter((id) => !needed.has(id))).toEqual([]);
});

test("it does find a bucket that is open to the public", () => {
  const broken = found.filter((failure) => isOf("open", "us-east-1")(failure) && !isExcepted(failure));
  expect(broken.map(resourceOf)).toContain("Bucket");
});

// the others differ from the first in values of parameters only
const TWO_KINDS = KINDS.filter(([name]) => ["FARGATE_SPOT", "existing queue"].includes(name));

test.for(TWO_KINDS)("templates of two regions differ in the zones of their subnets only: %s", async ([, params]) => {
  // the location of the code has the time in its name
  const timeless = (template: Template) => JSON.stringify(template).replaceAll(/\/\d+-[\w:.-]+Z\//g, "/");
  const british = await templateOf(params, ["--region", "eu-west-2"]);
  expect(timeless(british)).toEqual(timeless(inRegion(await templateOf(params), "eu-west-2")));
});

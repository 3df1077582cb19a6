import {
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
} from "@aws-sdk/client-batch";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { createSweepHandler } from "../../functions/sweep.ts";
import { type AnamoResult, anamo } from "../support/anamo.ts";
import { BatchHalf } from "../support/emulators/batch-half.ts";
import { startWorker } from "../support/worker-process.ts";

/* The Batch half of the template, and the commands that use Batch, on moto. docs/emulators.md says what moto lacks. */

const SOON = { timeout: 60_000, interval: 500 };
const SLOW = 400_000;

let moto: BatchHalf;

beforeAll(async () => {
  moto = await BatchHalf.start(inject("awsRunDir"));
  await moto.deploy("dev");
}, SLOW);

afterAll(() => moto?.close());

test(
  "by default, the template makes Fargate Spot, a queue and a job definition of workers for its table",
  async () => {
    const queue = await queueOf("anamo-dev");
    const environment = await environmentOf(queue.computeEnvironmentOrder?.[0]?.computeEnvironment ?? "");
    expect(environment).toMatchObject({
      state: "ENABLED",
      computeResources: { type: "FARGATE_SPOT", maxvCpus: 256 },
    });
    expect(environment.computeResources?.subnets).toHaveLength(2);
    expect(environment.computeResources?.securityGroupIds).toHaveLength(1);
    const definition = await definitionOf("anamo-dev-worker");
    expect(definition.retryStrategy?.evaluateOnExit?.at(-1)).toMatchObject({ onReason: "*" });
    expect(definition.containerProperties?.environment).toEqual(
      expect.arrayContaining([
        { name: "ANAMO_TABLE", value: "anamo-dev" },
        { name: "ANAMO_BUCKET", value: "anamo-dev-123456789012-us-east-1" },
      ]),
    );
  },
  SLOW,
);

test(
  "a parameter makes it EC2 Spot instead",
  async () => {
    await moto.deploy("ec2", ["computeType=EC2_SPOT", "instanceTypes=c5.large"]);
    const queue = await queueOf("anamo-ec2");
    expect(await environmentOf(queue.computeEnvironmentOrder?.[0]?.computeEnvironment ?? "")).toMatchObject({
      computeResources: { type: "SPOT", instanceTypes: ["c5.large"] },
    });
  },
  SLOW,
);

test(
  "launch starts as many workers as the items need, jobs and sweep see them end, and stop ends the rest",
  async () => {
    await moto.holdJobs(true);
    const env = { ...moto.env, ...(await json<Record<string, string>>(["env", "--stage", "dev", "--json"], moto.env)) };
    for (const item of ["A", "B", "C", "D", "E"]) {
      await ok(anamo(["add", item, "--task", "s", "--script", "sleep 600"], { env }));
    }
    const launch = ["launch", "--items-per-worker", "2", "--json"];
    const first = await json(launch, env);
    expect(first).toMatchObject({ launched: 3, counted: { waiting: 5 } });
    expect(await jobOf(first.jobId)).toMatchObject({ jobName: "anamo-anamo-dev", arrayProperties: { size: 3 } });
    expect(await json(launch, env)).toMatchObject({ launched: 0, counted: { starting: 3 } });

    const child = `${first.jobId}:1`;
    const worker = startWorker({ env: { ...env, AWS_BATCH_JOB_ID: child, AWS_BATCH_JOB_ATTEMPT: "1" } });
    await vi.waitFor(async () => expect(await json(["jobs", "--json"], env)).toMatchObject({ locked: 1 }), SOON);
    expect(await json(["jobs", "--json"], env)).toMatchObject({ states: { SUBMITTED: [{ instance: child }] } });
    worker.child.kill("SIGKILL");
    await worker.ended;
    await moto.holdJobs(false);
    await vi.waitFor(
      async () =>
        expect(await json(["jobs", "--json"], env)).toMatchObject({
          states: { FAILED: [{ instance: child, over: true }] },
        }),
      SOON,
    );
    expect(await createSweepHandler(env)({})).toMatchObject({ freed: 1, byReason: { jobEnded: 1 } });

    await moto.holdJobs(true);
    const second = await json(launch, env);
    expect(second).toMatchObject({ launched: 3, counted: { starting: 0 } });
    const stopping = json(["stop", "--now", "--yes", "--json"], env);
    await vi.waitFor(async () => {
      expect(await jobOf(second.jobId)).toMatchObject({ statusReason: expect.stringContaining("anamo stop") });
    }, SOON);
    await moto.holdJobs(false);
    expect(await stopping).toMatchObject({ workers: { found: 3, terminated: 3, left: 0 }, locked: 0, problems: [] });
  },
  SLOW,
);

/** Runs a command and returns what it prints as JSON. */
async function json<T = Record<string, unknown>>(args: readonly string[], env: Record<string, string>): Promise<T> {
  return JSON.parse((await ok(anamo(args, { env }))).stdout);
}

async function ok(running: Promise<AnamoResult>): Promise<AnamoResult> {
  const result = await running;
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
  return result;
}

async function jobOf(jobId: unknown) {
  const { jobs: [job] = [] } = await moto.batch.send(new DescribeJobsCommand({ jobs: [String(jobId)] }));
  return job;
}

async function queueOf(name: string) {
  const { jobQueues: [queue] = [] } = await moto.batch.send(new DescribeJobQueuesCommand({ jobQueues: [name] }));
  if (!queue) throw new Error(`no queue ${name}`);
  return queue;
}

async function environmentOf(name: string) {
  const { computeEnvironments: [found] = [] } = await moto.batch.send(
    new DescribeComputeEnvironmentsCommand({ computeEnvironments: [name] }),
  );
  if (!found) throw new Error(`no compute environment ${name}`);
  return found;
}

async function definitionOf(jobDefinitionName: string) {
  const { jobDefinitions: [definition] = [] } = await moto.batch.send(
    new DescribeJobDefinitionsCommand({ jobDefinitionName }),
  );
  if (!definition) throw new Error(`no job definition ${jobDefinitionName}`);
  return definition;
}

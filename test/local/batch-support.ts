import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BatchClient, SubmitJobCommand, type SubmitJobCommandInput } from "@aws-sdk/client-batch";
import { expect, onTestFinished } from "vitest";
import { batchClient } from "../../lib/batch-client.ts";
import { type BatchOptions, type JobStateChange, startBatch } from "../../local/batch.ts";
import { SOON } from "./soon.ts";

const RUNS_UNTIL_STOPPED = ["sh", "-c", "exec sleep 600"];

export async function setup(options: Partial<BatchOptions> = {}) {
  const logDir = await mkdtemp(join(tmpdir(), "anamo-batch-"));
  const events: JobStateChange[] = [];
  const batch = await startBatch({
    jobDefinitions: { sleeper: { command: RUNS_UNTIL_STOPPED } },
    logDir,
    jobQueue: "queue",
    onStateChange: (event) => events.push(event),
    ...options,
  });
  const client = batchClient({
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_BATCH: batch.endpoint,
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
  });
  onTestFinished(async () => {
    client.destroy();
    await batch.close(0);
    await rm(logDir, { recursive: true });
  });
  return { batch, client, events, logDir };
}

export async function submit(client: BatchClient, input: Partial<SubmitJobCommandInput> = {}): Promise<string> {
  const answer = await client.send(
    new SubmitJobCommand({ jobName: "job", jobQueue: "queue", jobDefinition: "sleeper", ...input }),
  );
  expect(answer.jobArn).toBe(`arn:aws:batch:us-east-1:123456789012:job/${answer.jobId}`);
  return answer.jobId ?? "";
}

export const run = (script: string) => ({ containerOverrides: { command: ["sh", "-c", script] } });

/** The states that a job went through, in order. */
export const statesOf = (events: JobStateChange[], jobId: string) =>
  events.filter(({ detail }) => detail.jobId === jobId).map(({ detail }) => detail.status);

export const eventOf = (events: JobStateChange[], jobId: string, status: string) =>
  events.find(({ detail }) => detail.jobId === jobId && detail.status === status);

export async function until(events: JobStateChange[], jobId: string, status: string): Promise<JobStateChange> {
  await expect.poll(() => statesOf(events, jobId), SOON).toContain(status);
  return eventOf(events, jobId, status) as JobStateChange;
}

/** Waits until a job has printed a line that starts with `word`; resolves with the rest of the line. */
export async function printed(logDir: string, jobId: string, word: string, attempt = 1): Promise<string> {
  const path = join(logDir, "sleeper", jobId.replace(":", "/"), `${attempt}.log`);
  const find = async () => new RegExp(`^${word} (.*)$`, "m").exec(await readFile(path, "utf8").catch(() => ""))?.[1];
  await expect.poll(find, SOON).toBeDefined();
  return (await find()) ?? "";
}

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/*
 * How much the worker's memory grows while one task prints many megabytes, until the log is in the bucket. Prints JSON.
 * `node bench/log-memory.ts [megabytes]` uses AWS_ENDPOINT_URL_S3 and ANAMO_BUCKET if they are set; otherwise it starts
 * a server in another process.
 */
import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Env } from "../lib/aws-config.ts";
import { s3Client } from "../lib/s3-client.ts";
import { startS3 } from "../local/s3.ts";
import { keepLog } from "../worker/task/keep-log.ts";
import { TaskRunner } from "../worker/task/run-task.ts";

const MEGABYTE = 1_000_000;
const dir = await mkdtemp(join(tmpdir(), "anamo-bench-"));

if (process.argv[2] === "server") {
  const server = await startS3({ dir, buckets: ["bench"] });
  process.send?.(server.endpoint);
  process.once("disconnect", async () => {
    await server.close();
    await rm(dir, { recursive: true });
  });
} else {
  const { env, close } = await store();
  try {
    const result = await measure(Number(process.argv[2] ?? 2_000), env);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    close();
    await rm(dir, { recursive: true });
  }
}

async function store(): Promise<{ env: Env; close: () => void }> {
  if (process.env.AWS_ENDPOINT_URL_S3 && process.env.ANAMO_BUCKET) return { env: process.env, close: () => {} };
  const server = fork(import.meta.filename, ["server"]);
  const endpoint = await new Promise<string>((resolve) => server.once("message", (word) => resolve(String(word))));
  const keys = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER", AWS_REGION: "us-east-1" };
  return { env: { ...keys, AWS_ENDPOINT_URL_S3: endpoint, ANAMO_BUCKET: "bench" }, close: () => server.disconnect() };
}

async function measure(megabytes: number, env: Env) {
  const s3 = s3Client(env);
  const bucket = env.ANAMO_BUCKET ?? "";
  // Load what every worker has loaded by the end of its first long log.
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "bench/warm-up", Body: "warm" }));
  const runner = new TaskRunner();
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  const startedAt = performance.now();
  // Text that gzip can hardly shrink below a third, so that the upload has many parts.
  const script = `yes "$(head -c 150000 /dev/urandom | base64 -w 99 | head -c 100000)" | head -c ${megabytes * MEGABYTE} || true; echo`;
  const signal = new AbortController().signal;
  const run = await runner.run({ script, env: {}, scratchParent: dir, name: "task", signal, graceMs: 1_000 });
  const ranMs = performance.now() - startedAt;
  const place = { step: "bench", itemId: `log-memory-${process.pid}`, taskKey: "-", attempt: 1 };
  const kept = await keepLog(run, { openS3: async () => s3, bucket, ...place });
  const keptMs = performance.now() - startedAt - ranMs;
  clearInterval(watch);
  await run.dispose();
  await runner.close();
  if (!kept.logKeys?.stdout) throw new Error(JSON.stringify({ ...run.outcome, ...kept }));
  const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: kept.logKeys.stdout }));
  s3.destroy();
  return {
    printedBytes: kept.logBytes,
    storedBytes: ContentLength,
    ranSeconds: Math.round(ranMs) / 1000,
    storedSeconds: Math.round(keptMs) / 1000,
    beforeMegabytes: Math.round(before / MEGABYTE),
    grownMegabytes: Math.round((most - before) / MEGABYTE),
  };
}

import { randomUUID } from "node:crypto";
import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { inject, onTestFinished } from "vitest";
import type { Env } from "../../lib/aws-config.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import type { Timers } from "../../lib/flow/timers.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { openTable, type Table } from "../../lib/table.ts";
import { createTable } from "../../lib/tables/create-table.ts";
import { TEST_BUCKET } from "./servers.ts";

/** Variables that point the SDK to the servers of this test run. */
export function testEnv(): Env {
  return {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "S3RVER",
    AWS_SECRET_ACCESS_KEY: "S3RVER",
    AWS_ENDPOINT_URL_DYNAMODB: inject("dynamoEndpoint"),
    AWS_ENDPOINT_URL_S3: inject("s3Endpoint"),
    ANAMO_BUCKET: TEST_BUCKET,
  };
}

interface TestTable {
  /** 4 by default, as in the embedded stack; with `unset`, the first item that is added sets 16, as on AWS */
  shards?: number | "unset";
  now?: () => number;
  random?: () => number;
}

/** A new table that is deleted when the test ends. Asking each shard is most of what many tests cost. */
export async function testTable({ shards = 4, ...deps }: TestTable = {}): Promise<Table> {
  const client = dynamoClient(testEnv());
  const name = `test-${randomUUID()}`;
  await createTable(client, name, shards === "unset" ? {} : { shards });
  onTestFinished(async () => {
    await client.send(new DeleteTableCommand({ TableName: name }));
    client.destroy();
  });
  return openTable(name, client, deps);
}

/** An S3 client and the bucket that all tests share. */
export function testBucket(): { s3: ReturnType<typeof s3Client>; bucket: string } {
  const s3 = s3Client(testEnv());
  onTestFinished(() => s3.destroy());
  return { s3, bucket: TEST_BUCKET };
}

/** A clock that stands still until it is moved. */
export interface StoppedClock {
  now: () => number;
  /** moves the clock; timers that become due on the way fire, each at its own time */
  advance: (ms: number) => void;
  timers: Timers;
  /** the milliseconds until each timer fires, soonest first */
  dueInMs: () => number[];
}

/** Makes a clock that stands still until it is moved, with timers that fire only then. */
export function stoppedClock(startMs = Date.UTC(2030, 0, 1)): StoppedClock {
  let atMs = startMs;
  const waiting = new Set<{ dueAtMs: number; act: () => void }>();
  const inOrder = () => [...waiting].sort((a, b) => a.dueAtMs - b.dueAtMs);
  return {
    now: () => atMs,
    advance: (ms) => {
      const endMs = atMs + ms;
      for (let [next] = inOrder(); next && next.dueAtMs <= endMs; [next] = inOrder()) {
        atMs = next.dueAtMs;
        waiting.delete(next);
        next.act();
      }
      atMs = endMs;
    },
    timers: {
      after: (ms, act) => {
        const timer = { dueAtMs: atMs + Math.max(0, ms), act };
        waiting.add(timer);
        return () => waiting.delete(timer);
      },
    },
    dueInMs: () => inOrder().map(({ dueAtMs }) => dueAtMs - atMs),
  };
}

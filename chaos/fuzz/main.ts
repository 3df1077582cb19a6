import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LOCAL_KEYS, LOCAL_REGION } from "../../lib/aws-config.ts";
import { dynamoClient } from "../../lib/dynamo-client.ts";
import { s3Client } from "../../lib/s3-client.ts";
import { openTable } from "../../lib/table.ts";
import { createTable } from "../../lib/tables/create-table.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { startS3 } from "../../local/s3.ts";
import { Undo } from "../../local/undo.ts";
import { newSeed } from "../random.ts";
import { fuzz, TARGETS, type Target } from "./fuzz.ts";
import { type FuzzWorld, noFuzzCounts } from "./world.ts";

/*
 * `npm run fuzz -- --cases 10000 --seconds 300 --seed 1 --only sheets`: see docs/reliability.md. Prints one line of
 * JSON. Exit code 1 if a case crashed, hung, or left a row unaccounted for; stderr then has the smallest such case.
 */

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "5000" },
    seconds: { type: "string", default: "300" },
    seed: { type: "string" },
    only: { type: "string", multiple: true },
  },
});

function wrong(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}

function above0(name: "cases" | "seconds"): number {
  const value = Number(values[name]);
  return value > 0 ? value : wrong(`--${name}: expected a number above 0, found ${values[name]}`);
}

const targets = (values.only ?? TARGETS).map((name) => {
  return (
    TARGETS.find((target): target is Target => target === name) ??
    wrong(`--only: expected one of ${TARGETS.join(", ")}, found ${name}`)
  );
});
const seed = values.seed === undefined ? newSeed() : Number(values.seed);
if (!Number.isSafeInteger(seed)) wrong(`--seed: expected a whole number, found ${values.seed}`);
process.stderr.write(`fuzz: seed ${seed}\n`);

const BUCKET = "fuzz-bucket";

async function makeWorld(undo: Undo): Promise<FuzzWorld> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-fuzz-"));
  undo.push(() => rm(dir, { recursive: true, force: true }));
  const dynamo = await startDynamoDb();
  undo.push(() => dynamo.close());
  const s3Server = await startS3({ dir, buckets: [BUCKET] });
  undo.push(() => s3Server.close());
  const env = {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_KEYS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_S3: s3Server.endpoint,
  };
  const client = dynamoClient(env);
  const s3 = s3Client(env);
  undo.push(async () => {
    client.destroy();
    s3.destroy();
  });
  await createTable(client, "fuzz");
  return { table: openTable("fuzz", client), s3, bucket: BUCKET, counts: noFuzzCounts() };
}

const undo = new Undo();
try {
  const world = await makeWorld(undo);
  const options = { seed, cases: above0("cases"), durationMs: above0("seconds") * 1_000, targets };
  const report = await fuzz(world, options);
  for (const problem of report.problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.problems.length > 0 ? 1 : 0;
} finally {
  await undo.run();
}

import type { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import type { BatchClient } from "@aws-sdk/client-batch";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Scalers } from "../lib/autoscaling/reach.ts";
import type { Env } from "../lib/aws-config.ts";
import { batchClient, dynamoClient, s3Client, scalingClient } from "../lib/clients.ts";
import { ConfigError } from "../lib/errors.ts";
import type { LogBucket } from "../lib/logs/read-log.ts";
import { withProfile } from "../lib/profile.ts";
import { PatientRetries } from "../lib/retries.ts";
import { openTable, type Table } from "../lib/table.ts";
import { METHOD_WORDING, type Wording } from "./wording.ts";

/** Which table and bucket a workflow uses, and how to reach them. */
export interface WorkflowOptions {
  /** default: `ANAMO_TABLE` (or `PYANAMO_TABLE`) of `env` */
  table?: string;
  /** default: `ANAMO_BUCKET` (or `S3_BUCKET`) of `env`; needed for imports and for logs too long for the table */
  bucket?: string;
  region?: string;
  /** the AWS profile, with its credentials and region; wins over credentials in `env` */
  profile?: string;
  /** replaces `process.env`: region, endpoints and credentials under the names that the AWS SDK uses */
  env?: Env;
  /** how messages name options; default: as the methods do */
  wording?: Wording;
}

/** A person is waiting, and a stack that does not run should be reported at once. */
const RETRIES = { patienceMs: 60_000, longestPauseMs: 5_000, needsListener: true };

/** The table and bucket of a workflow, and the clients for them. A client is made when it is first needed. */
export class Clients {
  readonly env: Env;
  readonly wording: Wording;
  readonly dynamo: DynamoDBClient;
  readonly #bucketName: string | undefined;
  readonly #retries: PatientRetries;
  #table: Table | undefined;
  #s3: S3Client | undefined;
  #batch: BatchClient | undefined;
  #scaling: ApplicationAutoScalingClient | undefined;

  constructor({ table, bucket, region, profile, env = process.env, wording = METHOD_WORDING }: WorkflowOptions) {
    // an empty variable counts as not set
    const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
    const own = profile ? withProfile(set, profile) : set;
    this.env = region ? { ...own, AWS_REGION: region } : own;
    this.wording = wording;
    this.#retries = new PatientRetries(RETRIES);
    this.dynamo = dynamoClient(this.env, { retries: this.#retries });
    this.#bucketName = bucket ?? set.ANAMO_BUCKET ?? set.S3_BUCKET;
    const name = table ?? set.ANAMO_TABLE ?? set.PYANAMO_TABLE;
    if (name) this.useTable(name);
  }

  /** Opens a table without the settings cached so far. */
  useTable(name: string): void {
    this.#table = openTable(name, this.dynamo);
  }

  get table(): Table {
    if (this.#table) return this.#table;
    throw new ConfigError(`no table is named: ${this.wording.missing.table}`);
  }

  get bucket(): LogBucket {
    if (this.#bucketName === undefined) throw new ConfigError(`no bucket is named: ${this.wording.missing.bucket}`);
    this.#s3 ??= s3Client(this.env, this.#retries);
    return { s3: this.#s3, bucket: this.#bucketName };
  }

  /** {@link bucket}, or undefined if none is named. */
  get bucketIfNamed(): LogBucket | undefined {
    return this.#bucketName === undefined ? undefined : this.bucket;
  }

  get batch(): BatchClient {
    this.#batch ??= batchClient(this.env);
    return this.#batch;
  }

  get scalers(): Scalers {
    this.#scaling ??= scalingClient(this.env);
    return { dynamo: this.dynamo, scaling: this.#scaling };
  }

  /** Closes the connections; requests under way fail. */
  close(): void {
    for (const client of [this.dynamo, this.#s3, this.#batch, this.#scaling]) client?.destroy();
  }
}

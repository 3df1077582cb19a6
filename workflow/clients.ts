import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Env } from "../lib/aws-config.ts";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { ConfigError } from "../lib/errors.ts";
import { withProfile } from "../lib/profile.ts";
import { PatientRetries } from "../lib/retries.ts";
import { openTable, type Table } from "../lib/table.ts";
import { knownPlace } from "../lib/wire/known-place.ts";
import { takeShortCut } from "../lib/wire/short-cut.ts";
import type { TellPerson } from "./person-event.ts";
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
  /** called with each change that a method makes to items, tasks and steps; does not throw */
  onEvent?: TellPerson | undefined;
}

/** A person is waiting, so report a stack that is not running at once. */
const RETRIES = { patienceMs: 60_000, longestPauseMs: 5_000, needsListener: true };

interface Closable {
  destroy(): void;
}

type MakeClient<T> = (env: Env, retries: PatientRetries) => T;

/**
 * The table and bucket of a workflow, and the clients for them. Only the DynamoDB client is loaded here. Many commands
 * do not need the others, so the modules that use those pass them in (`others.ts`).
 */
export class Clients {
  readonly env: Env;
  readonly wording: Wording;
  readonly dynamo: DynamoDBClient;
  /** how to retry requests to other services */
  readonly retries = new PatientRetries(RETRIES);
  readonly bucketName: string | undefined;
  readonly tell: TellPerson | undefined;
  readonly #others = new Map<MakeClient<Closable>, Closable>();
  #table: Table | undefined;
  #closeShortCut = () => {};

  constructor({
    table,
    bucket,
    region,
    profile,
    env = process.env,
    wording = METHOD_WORDING,
    onEvent,
  }: WorkflowOptions) {
    // an empty variable counts as not set
    const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
    const own = profile ? withProfile(set, profile) : set;
    this.env = region ? { ...own, AWS_REGION: region } : own;
    this.wording = wording;
    this.tell = onEvent;
    this.dynamo = dynamoClient(this.env, { retries: this.retries });
    this.bucketName = bucket ?? set.ANAMO_BUCKET ?? set.S3_BUCKET;
    const name = table ?? set.ANAMO_TABLE ?? set.PYANAMO_TABLE;
    if (name) this.useTable(name);
  }

  /** Switches to a table, without the settings cached so far. */
  useTable(name: string): void {
    this.#closeShortCut();
    this.#table = openTable(name, this.dynamo, { tell: this.tell });
    const onThrottled = () => this.retries.countThrottled();
    this.#closeShortCut = takeShortCut(this.#table.db, this.dynamo, { place: knownPlace(this.env), onThrottled });
  }

  get table(): Table {
    if (this.#table) return this.#table;
    throw new ConfigError(`no table is named: ${this.wording.missing.table}`);
  }

  /** The client of another service, which `make` creates on first use. */
  other<T extends Closable>(make: MakeClient<T>): T {
    const known = this.#others.get(make) ?? make(this.env, this.retries);
    this.#others.set(make, known);
    return known as T;
  }

  /** Closes the connections; requests in progress fail. */
  close(): void {
    this.#closeShortCut();
    for (const client of [this.dynamo, ...this.#others.values()]) client.destroy();
  }
}

declare module "dynalite" {
  import type { Server } from "node:http";
  export interface DynaliteOptions {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
    maxItemSizeKb?: number;
  }
  export default function dynalite(options?: DynaliteOptions): Server;
}

declare module "dynalite/db/index.js" {
  import type { DynaliteOptions } from "dynalite";
  export type Done = (error?: Error | null) => void;
  export type Write = { type: "put"; key: string; value: unknown } | { type: "del"; key: string };
  export interface Level {
    open(): Promise<void>;
    close(): Promise<void>;
    get(key: string): Promise<Table>;
    iterator(range: { gte: string; lt: string }): AsyncIterable<[key: string, table: Table]>;
    clear(range: { gte: string; lt: string }): Promise<void>;
    put(key: string, value: unknown, done: Done): void;
    del(key: string, done: Done): void;
    batch(writes: Write[], done: Done): void;
  }
  export interface Store {
    db: Level;
  }
  export interface IndexSchema {
    IndexName: string;
  }
  export interface Table extends TableSchema {
    TableStatus: string;
  }
  export interface TableSchema {
    TableName: string;
    GlobalSecondaryIndexes?: IndexSchema[];
    LocalSecondaryIndexes?: IndexSchema[];
  }
  const db: {
    create(options: DynaliteOptions): Store;
    updateIndexes(store: Store, table: TableSchema, oldRow: unknown, newRow: unknown, done: Done): void;
    getIndexActions(
      indexes: IndexSchema[],
      oldRow: unknown,
      newRow: unknown,
      table: TableSchema,
    ): { puts: { index: string; key: string; item: unknown }[]; deletes: { index: string; key: string }[] };
  };
  export default db;
}

declare module "dynalite/db/conditionParser.js" {
  export interface ConditionContext {
    attrNames?: Record<string, string>;
    attrVals?: Record<string, unknown>;
    isKeyCondition?: boolean;
  }
  const parser: {
    /** Throws where the text is wrong. */
    parse(text: string, options: { context: ConditionContext }): unknown;
  };
  export default parser;
}

declare module "s3rver" {
  import type { EventEmitter } from "node:events";
  import type { RequestListener } from "node:http";
  import type S3Store from "s3rver/lib/stores/filesystem.js";
  export interface KoaContext {
    readonly method: string;
    readonly path: string;
    readonly querystring: string;
    body: unknown;
  }
  export default class S3rver extends EventEmitter {
    readonly middleware: ((ctx: KoaContext, next: () => Promise<void>) => Promise<void>)[];
    readonly store: S3Store;
    readonly logger: { exceptions: { unhandle(): void }; close(): void };
    constructor(options: {
      silent?: boolean;
      directory?: string;
      configureBuckets?: readonly { name: string; configs: readonly string[] }[];
    });
    callback(): RequestListener;
    configureBuckets(): Promise<unknown>;
  }
}

declare module "s3rver/lib/models/error.js" {
  /** Answered to the client, with the HTTP status that goes with the code. */
  export default class S3Error extends Error {
    constructor(code: string, message: string, detail?: Record<string, string>);
  }
}

declare module "s3rver/lib/models/object.js" {
  import type { Readable } from "node:stream";
  export default class S3Object {
    bucket: string;
    key: string;
    content: Readable | Buffer;
    metadata: Record<string, unknown>;
    constructor(bucket: string, key: string, content: Readable | Buffer | null, metadata: Record<string, unknown>);
  }
}

declare module "s3rver/lib/stores/filesystem.js" {
  import type { Readable } from "node:stream";
  import type S3Object from "s3rver/lib/models/object.js";

  type Stored = Promise<{ size: number; md5: string }>;
  export default interface S3Store {
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    getMetadata(bucket: string, key: string): Promise<Record<string, unknown>>;
    putMetadata(bucket: string, key: string, metadata: Record<string, unknown>, md5: string): Promise<void>;
    getBucket(name: string): Promise<{ name: string } | null>;
    listBuckets(): Promise<{ name: string }[]>;
    putObject(object: S3Object): Stored;
    putPart(bucket: string, uploadId: string, partNumber: number, content: Readable): Stored;
    deleteObject(bucket: string, key: string): Promise<void>;
    listObjects(
      bucket: string,
      options: { delimiter?: string; startAfter?: string; prefix?: string; maxKeys?: number },
    ): Promise<{ objects: S3Object[]; commonPrefixes: string[]; isTruncated: boolean }>;
  }
}

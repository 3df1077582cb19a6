declare module "s3rver" {
  import type { EventEmitter } from "node:events";
  import type { RequestListener } from "node:http";
  import type S3Store from "s3rver/lib/stores/filesystem.js";
  export interface KoaContext {
    readonly method: string;
    readonly path: string;
    readonly querystring: string;
    status: number;
    body: unknown;
  }
  export default class S3rver extends EventEmitter {
    readonly middleware: ((ctx: KoaContext, next: () => Promise<void>) => Promise<void>)[];
    readonly store: S3Store;
    readonly logger: { silent: boolean; exceptions: { unhandle(): void }; close(): void };
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
  /** Sent to the client, with the HTTP status that belongs to the code. */
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
    getObject(bucket: string, key: string, options?: { start?: number; end?: number }): Promise<S3Object | null>;
    putObject(object: S3Object): Stored;
    putPart(bucket: string, uploadId: string, partNumber: number, content: Readable): Stored;
    deleteObject(bucket: string, key: string): Promise<void>;
    listObjects(
      bucket: string,
      options: { delimiter?: string; startAfter?: string; prefix?: string; maxKeys?: number },
    ): Promise<{ objects: S3Object[]; commonPrefixes: string[]; isTruncated: boolean }>;
  }
}

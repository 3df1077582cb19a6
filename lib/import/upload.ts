import { Readable } from "node:stream";
import { DeleteObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

type Pieces = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** Writes an object from a stream of pieces, with a few MB of them in memory at a time. */
export async function uploadPieces(
  s3: S3Client,
  target: { bucket: string; key: string; contentType: string; metadata?: Readonly<Record<string, string>> },
  pieces: Pieces,
): Promise<void> {
  const upload = new Upload({
    client: s3,
    queueSize: 1,
    params: {
      Bucket: target.bucket,
      Key: target.key,
      ContentType: target.contentType,
      ...(target.metadata && { Metadata: target.metadata }),
      Body: Readable.from(asBytes(pieces), { objectMode: false }),
    },
  });
  await upload.done();
}

async function* asBytes(pieces: Pieces): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}

/** Deletes objects. Missing ones are not an error. */
export async function removeObjects(s3: S3Client, bucket: string, keys: readonly string[]): Promise<void> {
  for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
}

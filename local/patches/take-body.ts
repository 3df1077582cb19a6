import { createHash } from "node:crypto";
import S3Error from "s3rver/lib/models/error.js";
import { systemCode } from "../../lib/errors.ts";

/**
 * Reads a whole body and writes it piece by piece. If a write fails, reads the rest anyway before throwing the error,
 * because a client whose connection is closed while it is sending sees no answer, only EPIPE.
 */
export async function takeBody(
  body: AsyncIterable<Buffer>,
  write: (piece: Buffer) => Promise<void>,
): Promise<{ size: number; md5: string }> {
  const hash = createHash("md5");
  let size = 0;
  let failure: { error: unknown } | undefined;
  for await (const piece of body) {
    hash.update(piece);
    size += piece.length;
    if (!failure) await write(piece).catch((error: unknown) => (failure = { error }));
  }
  if (failure) throw failure.error;
  return { size, md5: hash.digest("hex") };
}

/** The answer to a request that found the disk full, which no SDK retries; returns other errors unchanged. */
export function asAnswer(error: unknown, folder: string): unknown {
  if (!["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "")) return error;
  return Object.assign(new S3Error("DiskFull", `the disk of ${folder} is full`), { status: 400, expose: true });
}

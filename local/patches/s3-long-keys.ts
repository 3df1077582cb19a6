import type { KoaContext } from "s3rver";
import S3Error from "s3rver/lib/models/error.js";
import { systemCode } from "../../lib/errors.ts";

/**
 * Middleware for keys that are fine for S3 but not for a file: s3rver keeps an object in files whose names are longer
 * than the parts of its key. It would answer that it is broken, and clients would try again for a long time.
 */
export async function rejectLongKeys(_: KoaContext, next: () => Promise<void>): Promise<void> {
  try {
    await next();
  } catch (error) {
    if (systemCode(error) !== "ENAMETOOLONG") throw error;
    throw new S3Error("KeyTooLongError", "Your key is too long: the embedded S3 takes 230 bytes between two slashes");
  }
}

import type { S3Client } from "@aws-sdk/client-s3";
import type { ResultPlace } from "./place.ts";
import type { ResultStore } from "./store.ts";

/** Opens a place. Asks for the S3 client only if it is needed, because loading it takes a while. */
export async function openResults(place: ResultPlace, openS3: () => Promise<S3Client>): Promise<ResultStore> {
  if ("folder" in place) {
    const { FolderResults } = await import("./folder-results.ts");
    return new FolderResults(place);
  }
  const { S3Results } = await import("./s3-results.ts");
  return new S3Results(place, await openS3());
}

import type { WorkerContext } from "../context.ts";
import { insist } from "../insist.ts";
import type { Publisher, PublisherDeps } from "./publisher.ts";

/** Opens the place where a worker's results go; loads only what that kind of place needs. */
export async function openPublisher(
  context: Pick<WorkerContext, "table" | "timers" | "report" | "stop" | "options" | "bucket" | "openS3">,
): Promise<Publisher> {
  const place = context.options.results ?? { bucket: context.bucket, prefix: "results" };
  if ("folder" in place) return new (await import("./folder-publisher.ts")).FolderPublisher(context.table, place);
  const deps: PublisherDeps = {
    openS3: context.openS3,
    table: context.table,
    insist: (doing, call) => insist(context, doing, call),
  };
  return new (await import("./s3-publisher.ts")).S3Publisher(place, deps);
}

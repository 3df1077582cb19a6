import { realpath } from "node:fs/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import type { ObjectName } from "../../../lib/import/open-object.ts";
import type { WorkerEvent } from "../../../worker/events.ts";
import { fetchPipeline } from "../../../worker/pipeline/fetch-pipeline.ts";
import { testFolder } from "../../support/worker.ts";

/** A machine on which workers fetch pipelines: a folder, and what the workers print. */
export async function testMachine() {
  const parent = await realpath(await testFolder());
  const events: WorkerEvent[] = [];
  const fetchOn = (s3: S3Client, archive: ObjectName, signal = new AbortController().signal) =>
    fetchPipeline({
      s3,
      archive,
      parent,
      signal,
      graceMs: 1_000,
      staleLockMs: 1_000,
      env: { PATH: process.env.PATH, NODE_OPTIONS: "--no-warnings" },
      report: (event) => events.push(event),
    });
  const printed = () => events.flatMap((event) => (event.kind === "pipeline:output" ? [event.line] : []));
  return { parent, fetchOn, events, printed };
}

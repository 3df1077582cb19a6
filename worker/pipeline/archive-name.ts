import { AnamoError, ConfigError } from "../../lib/errors.ts";
import type { ObjectName } from "../../lib/import/open-object.ts";

/** The pipeline is not available: its archive cannot be fetched or unpacked, or its setup.sh failed. */
export class PipelineError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("pipeline", message, options);
  }
}

/** Reads `s3://bucket/key`. Throws ConfigError for anything else. */
export function archiveName(text: string): ObjectName {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*[^/])$/.exec(text) ?? [];
  if (bucket && key) return { bucket, key };
  throw new ConfigError(
    `--pipeline-archive (ANAMO_PIPELINE_ARCHIVE): expected s3://bucket/key.tar.gz, got ${JSON.stringify(text)}`,
  );
}

/** The archive as a URL: `s3://bucket/key`. */
export function archiveText({ bucket, key }: ObjectName): string {
  return `s3://${bucket}/${key}`;
}

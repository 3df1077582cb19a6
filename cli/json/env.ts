import * as z from "zod";

/** `anamo env` */
export const env = z
  .record(z.string(), z.string())
  .describe("variables and values: AWS_REGION, ANAMO_TABLE, ANAMO_BUCKET, ANAMO_JOB_QUEUE, ANAMO_JOB_DEFINITION");

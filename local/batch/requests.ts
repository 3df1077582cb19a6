import { z } from "zod";
import { AnamoError } from "../../lib/errors.ts";
import type { JobRequest } from "./types.ts";

/** A request that Batch would reject. */
export class ClientException extends AnamoError {
  constructor(message: string) {
    super("ClientException", message);
  }
}

const retryStrategy = z.object({
  attempts: z.int().min(1).max(10).optional(),
  evaluateOnExit: z
    .array(
      z.object({
        onStatusReason: z.string().max(512).optional(),
        onReason: z.string().max(512).optional(),
        onExitCode: z.string().max(512).optional(),
        action: z.string().regex(/^(retry|exit)$/i, "is RETRY or EXIT"),
      }),
    )
    .max(5)
    .optional(),
});

const submitJob = z.object({
  jobName: z.string().regex(/^[A-Za-z0-9][\w-]{0,127}$/, "is up to 128 letters, digits, - and _"),
  jobQueue: z.string().min(1),
  jobDefinition: z.string().min(1),
  arrayProperties: z.object({ size: z.int().min(2).max(10_000).optional() }).optional(),
  containerOverrides: z
    .object({
      command: z.array(z.string()).optional(),
      environment: z
        .array(
          z.object({
            name: z.string().regex(/^(?!AWS_BATCH)/, "does not start with AWS_BATCH"),
            value: z.string(),
          }),
        )
        .optional(),
    })
    .optional(),
  retryStrategy: retryStrategy.optional(),
  timeout: z.object({ attemptDurationSeconds: z.int().min(60).optional() }).optional(),
  parameters: z.record(z.string(), z.string()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  dependsOn: z.array(z.unknown()).max(0, "is not supported by the local Batch").optional(),
});

const describeJobs = z.object({ jobs: z.array(z.string()).max(100) });
const endJob = z.object({ jobId: z.string(), reason: z.string().min(1) });
const endJobs = z.object({ jobs: z.array(z.string()).min(1).max(50), reason: z.string().min(1) });
const listJobs = z.object({
  jobQueue: z.string().optional(),
  arrayJobId: z.string().optional(),
  jobStatus: z
    .enum(["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
    .default("RUNNING"),
  maxResults: z.int().min(1).max(1_000).default(100),
  nextToken: z.string().optional(),
  filters: z.array(z.unknown()).max(0, "is not supported by the local Batch").optional(),
});

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ClientException(`${issue?.path.join(".") || "the request"}: ${issue?.message ?? "is not valid"}`);
}

/** Checks a SubmitJob request; throws a ClientException. */
export function parseSubmitJob(body: unknown): JobRequest {
  const input = parse(submitJob, body);
  const { command, environment = [] } = input.containerOverrides ?? {};
  return {
    jobName: input.jobName,
    jobQueue: shortName(input.jobQueue),
    jobDefinition: shortName(input.jobDefinition),
    ...(input.arrayProperties?.size !== undefined && { arraySize: input.arrayProperties.size }),
    ...(command && command.length > 0 && { command }),
    environment: Object.fromEntries(environment.map(({ name, value }) => [name, value])),
    ...(input.retryStrategy && {
      retryStrategy: {
        attempts: input.retryStrategy.attempts ?? 1,
        evaluateOnExit: (input.retryStrategy.evaluateOnExit ?? []).map((rule) => ({
          ...rule,
          action: rule.action.toUpperCase() === "EXIT" ? ("EXIT" as const) : ("RETRY" as const),
        })),
      },
    }),
    ...(input.timeout?.attemptDurationSeconds !== undefined && {
      timeoutSeconds: input.timeout.attemptDurationSeconds,
    }),
    parameters: input.parameters ?? {},
    tags: input.tags ?? {},
  };
}

/** The name of a job queue or job definition, without the rest of its ARN and its revision. */
function shortName(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:.*?\//, "").replace(/:\d+$/, "");
}

/** Checks a DescribeJobs request. */
export const parseDescribeJobs = (body: unknown) => parse(describeJobs, body);
/** Checks a ListJobs request. */
export const parseListJobs = (body: unknown) => parse(listJobs, body);
/** Checks a TerminateJob or CancelJob request. */
export const parseEndJob = (body: unknown) => parse(endJob, body);
/** Checks a TerminateJobs or CancelJobs request. */
export const parseEndJobs = (body: unknown) => parse(endJobs, body);

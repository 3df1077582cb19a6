import * as z from "zod";
import type { Env } from "../lib/aws-config.ts";
import { ConfigError } from "../lib/errors.ts";
import { DEFAULT_POLICY, type RetryPolicy } from "../lib/items/next-state.ts";
import { DEFAULT_LAUNCH } from "../lib/launch/launch-size.ts";
import { parseSlotPrice } from "../lib/report/slot-price.ts";

const count = (least: number, otherwise: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, "a whole number")
    .transform(Number)
    .refine((number) => number >= least, `${least} or more`)
    .default(otherwise);

// An empty variable counts as not set: CloudFormation cannot leave a variable out.
const VARIABLES = {
  ANAMO_TABLE: z.string("the name of the table").regex(/^[\w.-]{3,255}$/, "the name of a DynamoDB table"),
  ANAMO_BUCKET: z.string("the name of the bucket").regex(/^[a-z0-9.-]{3,63}$/, "the name of an S3 bucket"),
  // absent if no workers run on Batch; then Batch is not asked about jobs
  ANAMO_JOB_QUEUE: z.string().optional(),
  // `few`: only those that alarms need; `steps`: also by step and cause, each for $0.30 a month
  ANAMO_METRICS: z.enum(["few", "steps"], "few or steps").default("few"),
  // absent if the page should show only hours
  ANAMO_SLOT_PRICE: z
    .string()
    .transform(parseSlotPrice)
    .refine((price) => price !== undefined, "the price of a slot-hour, such as 0.05 USD")
    .optional(),
  // absent if nobody wants notifications of events
  ANAMO_TOPIC: z
    .string()
    .regex(/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}$/, "the ARN of an SNS topic")
    .optional(),
  ANAMO_JOB_DEFINITION: z.string("the name or ARN of the workers' job definition"),
  ANAMO_ITEMS_PER_WORKER: count(1, DEFAULT_LAUNCH.itemsPerWorker),
  ANAMO_MAX_WORKERS: count(1, DEFAULT_LAUNCH.maxWorkers),
  ANAMO_LAUNCH_AFTER_JOBS: z.enum(["yes", "no"], "yes or no").default("yes"),
  ANAMO_MAX_ATTEMPTS: count(1, DEFAULT_POLICY.maxAttempts),
  ANAMO_MAX_INTERRUPTIONS: count(0, DEFAULT_POLICY.maxInterruptions),
  ANAMO_MAX_LOSSES: count(0, DEFAULT_POLICY.maxLosses),
} as const;
type Variable = keyof typeof VARIABLES;

/** Reads and checks an environment variable. Throws a ConfigError that says what was expected and what was found. */
export function readVariable<Name extends Variable>(env: Env, name: Name): z.output<(typeof VARIABLES)[Name]> {
  const found = env[name] || undefined;
  const parsed = VARIABLES[name].safeParse(found);
  if (parsed.success) return parsed.data as z.output<(typeof VARIABLES)[Name]>;
  const expected = parsed.error.issues.map(({ message }) => message).join(", ");
  throw new ConfigError(
    `${name}: expected ${expected}, found ${found === undefined ? "nothing" : JSON.stringify(found)}`,
  );
}

/** The retry policy: the defaults, overridden by the environment. */
export function readPolicy(env: Env): RetryPolicy {
  return {
    ...DEFAULT_POLICY,
    maxAttempts: readVariable(env, "ANAMO_MAX_ATTEMPTS"),
    maxInterruptions: readVariable(env, "ANAMO_MAX_INTERRUPTIONS"),
    maxLosses: readVariable(env, "ANAMO_MAX_LOSSES"),
  };
}

/** Makes a value on the first call and keeps it for later ones; does not keep a failure. */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

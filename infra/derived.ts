import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zonesOf } from "../lib/zones.ts";
import type { Values } from "./parameters.ts";

const S3_PLACE = /^s3:\/\/([^/]+)\/(.+)$/;
/** Includes IPv6 and FIPS hosts: AWS General Reference, Amazon ECR endpoints. */
const ECR_HOST = /(\d{12})\.dkr[.-]ecr(?:-fips)?\.([\w-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/;
const ECR_IMAGE = new RegExp(`^${ECR_HOST.source}/([\\w./-]+?)(?:[:@].*)?$`);
/** A placeholder in resources that are left out by a condition. */
const NOBODY = "none";
const HOUR_S = 3_600;
/** How long after its wall time a worker may take to stop before Batch stops it. */
const STOP_S = 300;

const UNITS_S: Readonly<Record<string, number>> = { minute: 60, hour: HOUR_S, day: 24 * HOUR_S };
/** Bounds for an alarm's span, which is otherwise as long as the schedule, so that each span has data. */
const [LEAST_SPAN_S, MOST_SPAN_S] = [300, 24 * HOUR_S];

/** A string, something that CloudFormation turns into one, tags, or a number. */
type Text = string | { "Fn::Sub": string } | Record<string, string> | number;

/**
 * The value of `${derived:name}`: computed from parameters where CloudFormation cannot do it, or any other parameter as
 * a string, where a number is not accepted.
 */
export function derive(name: string, values: Values): Text {
  const found = DERIVED[name]?.(values) ?? values[name];
  if (found === undefined) throw new Error(`derived: unknown name ${name}`);
  return found;
}

const DERIVED: Readonly<Record<string, (values: Values) => Text>> = {
  bucket: ({ bucket = "" }) => filledIn(bucket),
  /** where workers publish what scripts leave in `$OUT` */
  results: ({ bucket = "" }) => filledIn(`s3://${bucket}/results`),
  pipelineArchive: ({ pipelineArchive = "" }) => filledIn(pipelineArchive),
  // Made-up ids, because linters check them even in resources that a condition leaves out
  subnets: ({ subnets }) => subnets || "subnet-00000000",
  securityGroups: ({ securityGroups }) => securityGroups || "sg-00000000",
  vpcId: ({ vpcId }) => vpcId || "vpc-00000000",
  zoneA: (values) => zones(values)[0],
  zoneB: (values) => zones(values)[1],
  /** for cost allocation: the table, and the user's own tags, given as `name=value,name=value` */
  tags: ({ table = "", tags = "" }) => ({ "anamo:table": table, ...parseTags(tags) }),
  /** the ARN is built from the name: queue and definition are in the stack's region */
  jobQueueName: ({ jobQueue = "" }) => afterSlash(jobQueue),
  /** without revision */
  jobDefinitionName: ({ jobDefinition = "" }) => afterSlash(jobDefinition).replace(/:\d+$/, ""),
  jobTimeoutSeconds: ({ jobTimeoutHours }) => String(Number(jobTimeoutHours) * HOUR_S + STOP_S),
  sweepSpanSeconds: ({ sweepEvery }) => String(spanSeconds(sweepEvery)),
  summarySpanSeconds: ({ summarizeEvery }) => String(spanSeconds(summarizeEvery)),
  launchSpanSeconds: ({ launchEvery }) => String(spanSeconds(launchEvery)),
  /**
   * the periods in one hour of summaries, at least two, because a single summary may have been written right after an
   * import
   */
  summarySpans: ({ summarizeEvery }) => String(Math.max(2, Math.ceil(HOUR_S / spanSeconds(summarizeEvery)))),
  /** a number, because MiniStack does not accept one as text */
  importsAtOnce: ({ maxImports }) => Number(maxImports),
  /** which image of the stack's own repository jobs run */
  imageVersion: ({ imageDigest }) => (imageDigest ? `@${imageDigest}` : ":latest"),
  /** the code of the function that fills an event bus */
  sendEvents: () => readFileSync(join(import.meta.dirname, "send-events.cjs"), "utf8"),
  hasPipeline: ({ pipelineArchive }) => (pipelineArchive ? "yes" : "no"),
  /** `bucket/key` of the archive, the end of an S3 object's ARN */
  pipelineObject: ({ pipelineArchive = "" }) => S3_PLACE.exec(pipelineArchive)?.slice(1).join("/") ?? NOBODY,
  /** `region:account:repository/name`, the end of an ECR repository's ARN; a placeholder for images elsewhere */
  imageRepository: ({ workerImage = "" }) => {
    const [, account, region, name] = ECR_IMAGE.exec(workerImage) ?? [];
    return name ? `${region}:${account}:repository/${name}` : NOBODY;
  },
};

/**
 * A placeholder if no zones are known: the check of the parameters has rejected that, unless no subnets are created.
 */
function zones({ zones: given = "", region = "" }: Values): readonly [string, string] {
  const [a, b] = given ? given.split(",") : (zonesOf(region) ?? []);
  return [a ?? "use1-az1", b ?? "use1-az2"];
}

function parseTags(text: string): Record<string, string> {
  const pairs = text.split(",").filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** The shortest period for `never`. */
function spanSeconds(every = ""): number {
  const [count, unit = ""] = every.split(" ");
  const unitSeconds = UNITS_S[unit.replace(/s$/, "")];
  if (unitSeconds === undefined) return LEAST_SPAN_S;
  return Math.min(MOST_SPAN_S, Math.max(LEAST_SPAN_S, Number(count) * unitSeconds));
}

/** Uses `Fn::Sub` only if there is something to substitute; otherwise linters reject it. */
function filledIn(value: string): Text {
  return value.includes("${") ? { "Fn::Sub": value } : value;
}

function afterSlash(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

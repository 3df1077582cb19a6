import type { Values } from "./parameters.ts";

const S3_PLACE = /^s3:\/\/([^/]+)\/(.+)$/;
/** Also the hosts for IPv6 and for FIPS: AWS General Reference, Amazon ECR endpoints. */
const ECR_HOST = /(\d{12})\.dkr[.-]ecr(?:-fips)?\.([\w-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/;
const ECR_IMAGE = new RegExp(`^${ECR_HOST.source}/([\\w./-]+?)(?:[:@].*)?$`);
/** A place that is nobody's, where a condition leaves out what it stands in. */
const NOBODY = "none";
const HOUR_S = 3_600;
/** Beyond its wall time a worker is given this long to stop by itself before Batch stops it. */
const STOP_S = 300;

const UNITS_S: Readonly<Record<string, number>> = { minute: 60, hour: HOUR_S, day: 24 * HOUR_S };
/** The spans in which alarms look at what a schedule writes: with none in between without a figure. */
const [LEAST_SPAN_S, MOST_SPAN_S] = [300, 24 * HOUR_S];

/** A text, or what CloudFormation makes one of. */
type Text = string | { "Fn::Sub": string };

/**
 * What `${derived:name}` stands for: what is made of parameters where CloudFormation cannot do it; by the name of any
 * other parameter its value as a text, where a number would not do.
 */
export function derive(name: string, values: Values): Text {
  const found = DERIVED[name]?.(values) ?? values[name];
  if (found === undefined) throw new Error(`derived: there is no ${name}`);
  return found;
}

const DERIVED: Readonly<Record<string, (values: Values) => Text>> = {
  bucket: ({ bucket = "" }) => filledIn(bucket),
  pipelineArchive: ({ pipelineArchive = "" }) => filledIn(pipelineArchive),
  // ids that nobody has, as linters look at what they are even where a condition leaves them out
  subnets: ({ subnets }) => subnets || "subnet-00000000",
  securityGroups: ({ securityGroups }) => securityGroups || "sg-00000000",
  vpcId: ({ vpcId }) => vpcId || "vpc-00000000",
  /** its ARN is built of the name: queue and definition are those of the stack's region */
  jobQueueName: ({ jobQueue = "" }) => afterSlash(jobQueue),
  /** without revision */
  jobDefinitionName: ({ jobDefinition = "" }) => afterSlash(jobDefinition).replace(/:\d+$/, ""),
  jobTimeoutSeconds: ({ jobTimeoutHours }) => String(Number(jobTimeoutHours) * HOUR_S + STOP_S),
  sweepSpanSeconds: ({ sweepEvery }) => String(spanSeconds(sweepEvery)),
  summarySpanSeconds: ({ summarizeEvery }) => String(spanSeconds(summarizeEvery)),
  launchSpanSeconds: ({ launchEvery }) => String(spanSeconds(launchEvery)),
  /** an hour of summaries, two at least: one alone may have been written right after an import */
  summarySpans: ({ summarizeEvery }) => String(Math.max(2, Math.ceil(HOUR_S / spanSeconds(summarizeEvery)))),
  hasPipeline: ({ pipelineArchive }) => (pipelineArchive ? "yes" : "no"),
  /** `bucket/key` of the archive, as the ARN of an S3 object ends */
  pipelineObject: ({ pipelineArchive = "" }) => S3_PLACE.exec(pipelineArchive)?.slice(1).join("/") ?? NOBODY,
  /** `region:account:repository/name`, as the ARN of an ECR repository ends; of images elsewhere, nobody's */
  imageRepository: ({ workerImage = "" }) => {
    const [, account, region, name] = ECR_IMAGE.exec(workerImage) ?? [];
    return name ? `${region}:${account}:repository/${name}` : NOBODY;
  },
};

/** Of `never` the least. */
function spanSeconds(every = ""): number {
  const [count, unit = ""] = every.split(" ");
  const unitSeconds = UNITS_S[unit.replace(/s$/, "")];
  if (unitSeconds === undefined) return LEAST_SPAN_S;
  return Math.min(MOST_SPAN_S, Math.max(LEAST_SPAN_S, Number(count) * unitSeconds));
}

/** `Fn::Sub` only where there is something to fill in: without, linters complain. */
function filledIn(value: string): Text {
  return value.includes("${") ? { "Fn::Sub": value } : value;
}

function afterSlash(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

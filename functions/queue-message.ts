import type { Env } from "../lib/aws-config.ts";
import { Poster } from "../lib/wire/post.ts";
import { type Keys, RequestSigner } from "../lib/wire/sign-request.ts";

/** An SQS message, with what is needed to have it delivered again. */
export interface QueueMessage {
  receiptHandle: string;
  /** `arn:aws:sqs:<region>:<account>:<name>` */
  queueArn: string;
  /** how often it has been delivered, including this time */
  deliveries: number;
}

const TIMEOUT_MS = 10_000;
/** How much longer to wait each time, so that five tries take a quarter of an hour. */
const STEP_S = 60;

/**
 * Has a failed message delivered again after a minute, then two minutes, and so on. Otherwise it would stay hidden for
 * its queue's whole visibility timeout, which is six times the function's time limit. Rejects if SQS refuses. Makes
 * this one call without the SDK, because nothing else needs its SQS client.
 */
export function queueRetries(env: Env, keys: () => Promise<Keys>): (message: QueueMessage) => Promise<void> {
  const poster = new Poster({ timeoutMs: TIMEOUT_MS });
  const signer = new RequestSigner("sqs");
  const stepS = Number(env.ANAMO_RETRY_SECONDS || STEP_S);
  return async ({ receiptHandle, queueArn, deliveries }) => {
    const { endpoint, region, url } = queueAt(queueArn, env);
    const { protocol, hostname, port, host } = endpoint;
    const VisibilityTimeout = stepS * deliveries;
    const body = JSON.stringify({ QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout });
    const target = "AmazonSQS.ChangeMessageVisibility";
    const headers = signer.headersOf(await keys(), { host, region, target, body, atMs: Date.now() });
    const to = { protocol, hostname, port: port ? Number(port) : undefined };
    const { status, text } = await poster.post(to, headers, body);
    if (status !== 200) throw new Error(`ChangeMessageVisibility: ${status} ${text}`);
  };
}

/** The endpoint, region and URL of the queue with this ARN. */
function queueAt(arn: string, env: Env) {
  const [, partition = "", , region = "", account = "", name = ""] = arn.split(":");
  const domain = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  const endpoint = env.AWS_ENDPOINT_URL_SQS ?? env.AWS_ENDPOINT_URL ?? `https://sqs.${region}.${domain}`;
  return { endpoint: new URL(endpoint), region, url: `${endpoint.replace(/\/$/, "")}/${account}/${name}` };
}

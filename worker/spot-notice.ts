import type { Env } from "../lib/aws-config.ts";
import { toError } from "../lib/errors.ts";
import type { Timers } from "../lib/flow/timers.ts";

/** AWS's advice: EC2 User Guide, "Spot Instance interruption notices". The notice comes two minutes ahead. */
const EVERY_MS = 5_000;
const ANSWER_MS = 2_000;
const TOKEN_SECONDS = 21_600;
/** The link-local address of the metadata service (IMDS) on every EC2 instance. */
const IMDS = "http://169.254.169.254";
/** A minute of consecutive failures: the service cannot be reached from this container. */
const MOST_FAILURES = 12;

/** How to watch for the reclaim of this host. */
export interface SpotWatch {
  env: Env;
  timers: Timers;
  /** called once, with a sentence for a person and the time when the host goes, in milliseconds since the epoch */
  onNotice: (why: string, atMs: number) => void;
  /** called once if the metadata service cannot be reached */
  onBlind: (why: string) => void;
}

/**
 * Whether this is an ECS container on an EC2 host. On Fargate, ECS sends SIGTERM before it takes a spot task away; on
 * EC2 it only drains services, and does not notify the tasks of Batch.
 */
export function isOnEc2(env: Env): boolean {
  return env.AWS_EXECUTION_ENV === "AWS_ECS_EC2";
}

/**
 * Asks the metadata service (IMDSv2) every 5 s whether the host is about to be reclaimed. Returns a function that ends
 * that.
 */
export function watchForReclaim({ env, timers, onNotice, onBlind }: SpotWatch): () => void {
  const endpoint = env.AWS_EC2_METADATA_SERVICE_ENDPOINT || IMDS;
  let token: string | undefined;
  let failures = 0;
  let isOver = false;
  let cancel = () => {};

  const look = async (): Promise<void> => {
    try {
      token ??= await newToken(endpoint);
      const reply = await ask(`${endpoint}/latest/meta-data/spot/instance-action`, {
        headers: { "X-aws-ec2-metadata-token": token },
      });
      const text = await reply.text();
      // the token has expired
      if (reply.status === 401) token = undefined;
      else if (reply.ok && !isOver) return tell(text);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === MOST_FAILURES && !isOver) {
        isOver = true;
        onBlind(toError(error).message);
      }
    }
    if (!isOver) cancel = timers.after(EVERY_MS, () => void look());
  };

  const tell = (text: string): void => {
    isOver = true;
    const { action, time } = parseNotice(text);
    onNotice(`its spot instance is about to go (${action} at ${time ?? "an unknown time"})`, Date.parse(time ?? ""));
  };

  void look();
  return () => {
    isOver = true;
    cancel();
  };
}

async function newToken(endpoint: string): Promise<string> {
  const reply = await ask(`${endpoint}/latest/api/token`, {
    method: "PUT",
    headers: { "X-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS) },
  });
  if (!reply.ok) throw new Error(`the metadata service answers ${reply.status} when asked for a token`);
  return reply.text();
}

function ask(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
}

/** `{"action": "terminate", "time": "2026-11-30T12:00:00Z"}`, or `stop`, or `hibernate`. */
function parseNotice(text: string): { action: string; time?: string } {
  try {
    const { action, time } = JSON.parse(text) as { action?: string; time?: string };
    return { action: action ?? "terminate", ...(time && { time }) };
  } catch {
    return { action: "terminate" };
  }
}

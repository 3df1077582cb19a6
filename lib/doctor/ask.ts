import { execFile } from "node:child_process";
import type { Env } from "../aws-config.ts";
import { systemCode, toError, UsageError } from "../errors.ts";

/** The answer of a call, or AWS's code and text if it was refused. */
export type Answer = { ok: true; json: unknown } | Refused;

/** `call`: what was asked, with region and profile, to type it by hand. */
export type Refused = { ok: false; code: string; message: string; call?: readonly string[] };

/** Makes one call to AWS, such as `["ec2", "describe-vpcs"]`. */
export type Ask = (call: readonly string[]) => Promise<Answer>;

const LONGEST_MS = 60_000;
/** `An error occurred (AccessDenied) when calling the GetRole operation: …` */
const REFUSAL = /An error occurred \(([^)]+)\)[^:]*: (.*)/s;

/**
 * Asks AWS through its own command line, which going live requires anyway: the doctor calls ten services, and a client
 * library for each would be most of what anamo brings. Throws a UsageError if `aws` is not installed.
 */
export function askByAwsCli({ region, profile, env }: { region: string; profile?: string; env: Env }): Ask {
  const place = ["--region", region, ...(profile ? ["--profile", profile] : [])];
  const options = { env: { ...env, AWS_PAGER: "" }, timeout: LONGEST_MS, maxBuffer: 16 * 1024 * 1024 };
  return (call) =>
    new Promise((resolve, reject) => {
      execFile("aws", [...call, ...place, "--output", "json"], options, (error, stdout, stderr) => {
        if (systemCode(error) === "ENOENT") {
          return reject(new UsageError("the AWS CLI is not installed: https://aws.amazon.com/cli/"));
        }
        if (!error) return resolve({ ok: true, json: parse(stdout) });
        const [, code = "failed", message = stderr.trim() || toError(error).message] = REFUSAL.exec(stderr) ?? [];
        resolve({ ok: false, code, message: message.trim(), call: [...call, ...place] });
      });
    });
}

function parse(text: string): unknown {
  return text.trim() === "" ? {} : JSON.parse(text);
}

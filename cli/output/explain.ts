import { AnamoError, httpStatus, NoItemError } from "../../lib/errors.ts";
import { databaseEnd } from "../../local/database-end.ts";
import { FolderInUseError } from "../../local/folder-lock.ts";
import { FLAG_WORDING, wrongFolderText } from "../flags/wording.ts";
import { inUseAdvice } from "../local/in-use.ts";
import { noStack } from "../no-stack.ts";
import { ownLine } from "../own-command.ts";

/** What a person can do about the most common errors of the AWS SDK. */
const HINTS: Readonly<Record<string, string>> = {
  ResourceNotFoundException: "the table is not there: check --table (or ANAMO_TABLE) and the region",
  NoSuchBucket: "the bucket is not there: check --bucket (or ANAMO_BUCKET) and the region",
  CredentialsProviderError: `no AWS credentials were found (--profile, AWS_PROFILE, AWS_ACCESS_KEY_ID, "aws configure"); for the stack of this machine: eval "$(${ownLine("local env")})"`,
  UnrecognizedClientException: "AWS does not know these credentials",
  InvalidClientTokenId: "AWS does not know these credentials",
  ExpiredTokenException: "the AWS credentials have expired",
  ExpiredToken: "the AWS credentials have expired",
};

/** AWS's own text is the best description of who may not do what. */
const DENIED = ["AccessDeniedException", "AccessDenied"];
/** The SDK has no class or code for this. */
const NO_REGION = "Region is missing";

/** One line for a person: our own errors unchanged, known AWS errors with what to do, other errors with their name. */
export function explain(error: Error): string {
  if (error instanceof FolderInUseError) return `${error.message}: ${inUseAdvice(error)}`;
  if (error instanceof NoItemError)
    return `${error.message} ("${ownLine("items")}" lists them; for a sample: --sample NAME)`;
  if (error instanceof AnamoError) return error.message;
  const hint = HINTS[error.name];
  if (hint) return hint;
  if (DENIED.includes(error.name)) return `these credentials may not do that: ${error.message}`;
  const status = httpStatus(error);
  if (status === 403) return "these credentials may not do that: AWS says forbidden, and nothing more";
  if (status === 301) return "the bucket is in another region: give --region, or set AWS_REGION";
  // the S3 of the embedded stack
  if (error.name === "DiskFull") return error.message;
  if (error.message === NO_REGION) return "no region is named: give --region, or set AWS_REGION";
  if (isRefused(error)) return databaseEnd() ?? refusedText();
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}

function refusedText(): string {
  const none = noStack();
  if (none.why === "wrong folder") return `nothing answers there: ${wrongFolderText(none.folder)}`;
  if (none.why === "down") return `nothing answers there: ${FLAG_WORDING.missing.table}`;
  return `nothing answers there: is the stack up? ("${ownLine("local up")}")`;
}

function isRefused(error: Error): boolean {
  const causes = [error, ...(error instanceof AggregateError ? error.errors : [])];
  return causes.some((cause) => cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED");
}

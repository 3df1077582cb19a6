import { AnamoError } from "../../lib/errors.ts";

/** What a person can do about the errors that the AWS SDK raises most. */
const HINTS: Readonly<Record<string, string>> = {
  ResourceNotFoundException: "the table is not there: check --table (or ANAMO_TABLE) and the region",
  NoSuchBucket: "the bucket is not there: check --bucket (or ANAMO_BUCKET) and the region",
  CredentialsProviderError:
    'no AWS credentials were found (AWS_PROFILE, AWS_ACCESS_KEY_ID, "aws configure"); for the stack of this machine: eval "$(npx anamo local env)"',
  UnrecognizedClientException: "AWS does not know these credentials",
  InvalidClientTokenId: "AWS does not know these credentials",
  AccessDeniedException: "these credentials may not do that",
  AccessDenied: "these credentials may not do that",
  ExpiredTokenException: "the AWS credentials have expired",
  ExpiredToken: "the AWS credentials have expired",
};

/** One line for a person: our own errors as they are, known ones of AWS with what to do, the rest with their name. */
export function explain(error: Error): string {
  if (error instanceof AnamoError) return error.message;
  const hint = HINTS[error.name];
  if (hint) return hint;
  if (isRefused(error)) return 'nothing answers there: is the stack up? ("npx anamo local up")';
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}

function isRefused(error: Error): boolean {
  const causes = [error, ...(error instanceof AggregateError ? error.errors : [])];
  return causes.some((cause) => cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED");
}

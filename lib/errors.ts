/** Base class of anamo's own errors: `code` is stable, `message` is for people. */
export class AnamoError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The user asked for something impossible: a wrong option, an unusable file. Exit code 2. */
export class UsageError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("usage", message, options);
  }
}

/** A named item, task or step does not exist. Exit code 1: the command itself was valid. */
export class NotFoundError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("not-found", message, options);
  }
}

/** The item does not exist, or no longer does. */
export class NoItemError extends NotFoundError {
  constructor(itemId: string, table: string) {
    super(`there is no item ${itemId} in ${table}`);
  }
}

/** A setting (variable, option, parameter) is missing or wrong; the message names it. Exit code 2. */
export class ConfigError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("config", message, options);
  }
}

/** The table does not exist, is not one of anamo's, or cannot be used as asked. */
export class TableError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("table", message, options);
  }
}

/** A stored row does not have the form that anamo writes. */
export class RowError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("row", message, options);
  }
}

/** Turns anything that was thrown into an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** Whether a call failed because its target does not exist or we may not use it: waiting does not help. */
export function isAccessError(thrown: unknown): boolean {
  return thrown instanceof Error && ACCESS_ERRORS.includes(thrown.name);
}

/**
 * Whether a call failed because there were no credentials, or AWS did not know them. A role's credentials are renewed
 * every hour; if only the service that renews them is not answering, waiting helps.
 */
export function isCredentialsError(thrown: unknown): boolean {
  return thrown instanceof Error && CREDENTIALS_ERRORS.includes(thrown.name);
}

const CREDENTIALS_ERRORS: readonly string[] = [
  "CredentialsProviderError",
  "UnrecognizedClientException",
  "ExpiredTokenException",
];

/**
 * The HTTP status of a reply of AWS that the SDK threw. The reply to a HEAD request has no body that could say more.
 */
export function httpStatus(thrown: unknown): number | undefined {
  const { $metadata } = (thrown ?? {}) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

const ACCESS_ERRORS: readonly string[] = [
  "ResourceNotFoundException",
  "AccessDeniedException",
  "UnrecognizedClientException",
  "CredentialsProviderError",
];

/** The `code` of a Node.js system error (`ENOENT`), if it is one. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

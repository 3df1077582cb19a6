/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The keys of the embedded stack, and the region that its ARNs name. */
export const LOCAL_KEYS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" } as const;
export const LOCAL_REGION = "us-east-1";

/**
 * The variable that holds the folder of the embedded stack whose addresses are in AWS_ENDPOINT_URL_…. Keys and region
 * in such an environment are the shell's, meant for AWS.
 */
export const LOCAL_STACK = "ANAMO_LOCAL";

/** Region, endpoint and credentials for a service, from the SDK's own variables. The SDK resolves what is not set. */
export function clientConfig(
  env: Env,
  service: "DYNAMODB" | "S3" | "BATCH" | "APPLICATION_AUTO_SCALING" | "CLOUDFORMATION" | "SNS",
) {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] ?? env.AWS_ENDPOINT_URL;
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (endpoint && env[LOCAL_STACK]) return { endpoint, region: LOCAL_REGION, credentials: LOCAL_KEYS, maxAttempts: 8 };
  return {
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    // the SDK looks for it only in the process's own variables
    ...(env.AWS_PROFILE && { profile: env.AWS_PROFILE }),
    ...(env.AWS_ACCESS_KEY_ID &&
      env.AWS_SECRET_ACCESS_KEY && {
        credentials: {
          accessKeyId: env.AWS_ACCESS_KEY_ID,
          secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
          ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
        },
      }),
    maxAttempts: 8,
  };
}

/** Without throwOnRequestTimeout the SDK only prints a warning when a request takes too long. */
export const TIME_OUTS = { connectionTimeout: 5_000, throwOnRequestTimeout: true };
/** Enough for all requests that one process makes at once. */
export const SOCKETS = { maxSockets: 256, keepAlive: true };

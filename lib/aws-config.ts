/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The keys of the embedded stack, and the region that its ARNs name. */
export const LOCAL_KEYS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" } as const;
export const LOCAL_REGION = "us-east-1";

/**
 * Names the folder of an embedded stack whose addresses are in AWS_ENDPOINT_URL_…. Keys and region of such an
 * environment are those of the shell, meant for AWS.
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
    // the SDK looks for it in the process's own variables only
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
/** Room for everything that one process asks for at once. */
export const SOCKETS = { maxSockets: 256, keepAlive: true };

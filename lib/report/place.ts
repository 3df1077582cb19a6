import type { Env } from "../aws-config.ts";
import type { Place } from "./commands.ts";

/** Where a table is, from the variables that point the SDK to it, and how commands name it. */
export function placeOf(
  env: Env,
  { table, bucket, profile }: { table: string; bucket?: string | undefined; profile?: string | undefined },
  program: readonly string[] = ["anamo"],
): Place {
  const endpoint = env.AWS_ENDPOINT_URL_DYNAMODB ?? env.AWS_ENDPOINT_URL;
  // commands find the stack of their folder by themselves
  if (endpoint && isLoopback(endpoint))
    return { isLocal: true, name: "this machine", program: [...program], target: [], bucket: [] };
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  return {
    isLocal: false,
    name: region ? `AWS, ${region}` : "AWS",
    program: [...program],
    target: ["--table", table, ...(region ? ["--region", region] : []), ...(profile ? ["--profile", profile] : [])],
    bucket: bucket ? ["--bucket", bucket] : [],
  };
}

function isLoopback(endpoint: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(endpoint)?.hostname ?? "");
}

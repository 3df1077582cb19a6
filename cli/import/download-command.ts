import { basename } from "node:path";
import { S3_CREDENTIALS } from "../../local/s3-credentials.ts";
import { shellWords } from "../output/shell-words.ts";

/**
 * The command that downloads an object from the bucket into this folder. A command that found the embedded stack by
 * itself leaves no variables in the shell, so `aws s3 cp` would ask AWS; the embedded S3 answers unsigned requests.
 */
export function downloadCommand(
  bucket: string,
  key: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const name = basename(key);
  const { AWS_ENDPOINT_URL_S3: endpoint } = env;
  if (!endpoint || env.AWS_ACCESS_KEY_ID !== S3_CREDENTIALS.accessKeyId) {
    return shellWords(["aws", "s3", "cp", `s3://${bucket}/${key}`, name]);
  }
  const path = [bucket, ...key.split("/")].map(encodeURIComponent).join("/");
  return shellWords(["curl", "-fsS", "-o", name, `${endpoint}/${path}`]);
}

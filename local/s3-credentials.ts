import { LOCAL_KEYS } from "../lib/aws-config.ts";

/** The only access key, with its secret, that the embedded S3 accepts. */
export const S3_CREDENTIALS = LOCAL_KEYS;

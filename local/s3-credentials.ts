/** The one access key, and its secret, that the embedded S3 knows. */
export const S3_CREDENTIALS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" } as const;

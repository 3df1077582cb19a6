import { AbortMultipartUploadCommand, type S3Client } from "@aws-sdk/client-s3";

/**
 * A client that adds the signal to every request, because Upload does not pass one on. The request that removes the
 * parts of a failed upload gets no signal, because otherwise the parts would be billed forever.
 */
export function stoppable({ s3, signal }: { s3: S3Client; signal?: AbortSignal }): S3Client {
  const send: S3Client["send"] = (command: Parameters<S3Client["send"]>[0]) =>
    s3.send(command, command instanceof AbortMultipartUploadCommand ? {} : { abortSignal: signal });
  return Object.assign(Object.create(s3) as S3Client, { send });
}

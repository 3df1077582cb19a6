import { createHmac, hash } from "node:crypto";

/** The keys that sign a request, as the SDK's providers return them. */
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** The parts of a request that a version 4 signature covers. */
export interface SignedCall {
  /** `host[:port]`, as in the Host header */
  host: string;
  region: string;
  /** the operation, with the protocol version: `DynamoDB_20120810.UpdateItem` */
  target: string;
  body: string;
  atMs: number;
}

const TYPE = "application/x-amz-json-1.0";

/**
 * Signs POST requests to the path `/` of DynamoDB, or of another service with the same protocol, with AWS Signature
 * Version 4. The signing key for a day, region and secret takes four HMACs to derive, so the last one is cached.
 */
export class RequestSigner {
  readonly #service: string;
  #keyOf = "";
  #key: Buffer = Buffer.alloc(0);

  constructor(service = "dynamodb") {
    this.#service = service;
  }

  /** The headers of a request, including its signature. The caller adds the content length. */
  headersOf(keys: Keys, { host, region, target, body, atMs }: SignedCall): Record<string, string> {
    const date = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, "");
    const headers: Record<string, string> = { "content-type": TYPE, host, "x-amz-date": date };
    if (keys.sessionToken) headers["x-amz-security-token"] = keys.sessionToken;
    headers["x-amz-target"] = target;
    const names = Object.keys(headers).join(";"); // in alphabetical order
    let lines = "";
    for (const name in headers) lines += `${name}:${headers[name]}\n`;
    const request = `POST\n/\n\n${lines}\n${names}\n${hash("sha256", body)}`;
    const day = date.slice(0, 8);
    const scope = `${day}/${region}/${this.#service}/aws4_request`;
    const signature = createHmac("sha256", this.#keyFor(keys.secretAccessKey, day, region))
      .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash("sha256", request)}`)
      .digest("hex");
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return headers;
  }

  #keyFor(secret: string, day: string, region: string): Buffer {
    const keyOf = `${day}/${region}/${secret}`;
    if (keyOf !== this.#keyOf) {
      const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
      this.#key = [region, this.#service, "aws4_request"].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, day));
      this.#keyOf = keyOf;
    }
    return this.#key;
  }
}

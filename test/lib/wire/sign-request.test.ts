import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { RequestSigner } from "../../../lib/wire/sign-request.ts";

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const DAY = Date.UTC(2026, 10, 30, 23, 59, 58);

interface Case {
  keys: typeof KEYS & { sessionToken?: string };
  region: string;
  atMs: number;
  body: string;
}

/** The header with which the SDK signs the same request. */
async function bySdk({ keys, region, atMs, body }: Case, signingService = "dynamodb") {
  const client = new DynamoDBClient({ region, credentials: keys });
  const signer = await client.config.signer();
  const headers = { "content-type": "application/x-amz-json-1.0", host: "db.test", "x-amz-target": "T.UpdateItem" };
  const request = { method: "POST", protocol: "https:", hostname: "db.test", path: "/", query: {}, headers, body };
  const signed = await signer.sign(request, {
    signingDate: new Date(atMs),
    signingRegion: region,
    signingService,
    // the header that it adds for S3
    unsignableHeaders: new Set(["x-amz-content-sha256"]),
  });
  client.destroy();
  return signed.headers.authorization;
}

test("requests are signed as the SDK signs them, over midnight, in other regions, and with other keys", async () => {
  const signer = new RequestSigner();
  const renewed = { ...KEYS, secretAccessKey: "another/secret" };
  const ofRole = { ...KEYS, sessionToken: "IQoJb3JpZ2luX2Vj//////////wEaCXVzLWVhc3QtMSJHMEUCIQ==" };
  const cases = [
    { keys: KEYS, region: "us-east-1", atMs: DAY, body: "{}" },
    { keys: KEYS, region: "us-east-1", atMs: DAY + 3_000, body: '{"é":"日本"}' },
    { keys: KEYS, region: "eu-west-1", atMs: DAY + 3_000, body: "{}" },
    { keys: ofRole, region: "eu-west-1", atMs: DAY + 4_123, body: "{}" },
    { keys: renewed, region: "eu-west-1", atMs: DAY + 5_000, body: "{}" },
    { keys: KEYS, region: "us-east-1", atMs: DAY, body: "{}" },
  ];
  for (const { keys, ...call } of cases) {
    const headers = signer.headersOf(keys, { host: "db.test", target: "T.UpdateItem", ...call });
    expect(headers.authorization).toBe(await bySdk({ keys, ...call }));
  }
});

test("requests to another service are signed for it", async () => {
  const call = { region: "eu-west-1", atMs: DAY, body: "{}" };
  const headers = new RequestSigner("sqs").headersOf(KEYS, { host: "db.test", target: "T.UpdateItem", ...call });
  expect(headers.authorization).toBe(await bySdk({ keys: KEYS, ...call }, "sqs"));
});

import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { createImportHandler } from "../../functions/import.ts";
import { queueRetries } from "../../functions/queue-message.ts";
import { closeServer, listenOnLoopback } from "../../local/loopback.ts";
import { testEnv } from "../support/env.ts";

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const ARN = "arn:aws:sqs:eu-west-2:123456789012:anamo-lab-imports";

/** A stand-in for SQS, and what it was asked. */
async function queueServer(status = 200) {
  const asked: { target: unknown; authorization: unknown; input: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const { "x-amz-target": target, authorization } = request.headers;
    asked.push({ target, authorization, input: JSON.parse(await text(request)) });
    response.writeHead(status).end(status === 200 ? "" : '{"__type":"AccessDenied"}');
  });
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { endpoint, asked };
}

/** A message as Lambda passes it on. */
const message = (messageId: string, body: string, deliveries = 1) => ({
  ...{ messageId, body, receiptHandle: `handle of ${messageId}`, eventSourceARN: ARN },
  attributes: { ApproximateReceiveCount: String(deliveries) },
});

test("a file whose import failed comes again after a minute, then after two, not after the visibility timeout", async () => {
  const { endpoint, asked } = await queueServer();
  const handler = createImportHandler({ ...testEnv(), ANAMO_TABLE: "none", AWS_ENDPOINT_URL_SQS: endpoint });
  for (const deliveries of [1, 2]) {
    await expect(handler({ Records: [message("m", "not JSON", deliveries)] })).rejects.toThrow("expected JSON");
  }
  const QueueUrl = `${endpoint}/123456789012/anamo-lab-imports`;
  const authorization = expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=[^/]+\/\d+\/eu-west-2\/sqs\/aws4_request/);
  expect(asked).toEqual(
    [60, 120].map((VisibilityTimeout) => ({
      ...{ target: "AmazonSQS.ChangeMessageVisibility", authorization },
      input: { QueueUrl, ReceiptHandle: "handle of m", VisibilityTimeout },
    })),
  );
});

test("a message that is done is left alone, and a refusal of SQS does not hide what failed", async () => {
  const { endpoint, asked } = await queueServer(403);
  const handler = createImportHandler({ ...testEnv(), ANAMO_TABLE: "none", AWS_ENDPOINT_URL_SQS: endpoint });
  const done = message("done", JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent" }));
  const answer = await handler({ Records: [done, message("failed", "not JSON")] });
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: "failed" }]);
  expect(asked.map(({ input }) => input)).toMatchObject([{ ReceiptHandle: "handle of failed" }]);
  const again = queueRetries({ AWS_ENDPOINT_URL_SQS: endpoint }, async () => KEYS);
  await expect(again({ receiptHandle: "h", queueArn: ARN, deliveries: 1 })).rejects.toThrow("403");
});

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parseS3Event, S3EventError } from "../../functions/s3-event.ts";

async function recorded(name: string): Promise<unknown> {
  return JSON.parse(await readFile(`events/${name}.json`, "utf8"));
}

const ETAG = "d41d8cd98f00b204e9800998ecf8427e";
const SAMPLES = { bucket: "anamo-dev-bucket", key: "imports/align/samples.txt", etag: ETAG };
const MESSAGE = {
  receiptHandle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
  queueArn: "arn:aws:sqs:us-east-1:123456789012:anamo-imports",
  deliveries: 1,
};
const one = (key: unknown, name: unknown = "b") => ({ s3: { bucket: { name }, object: { key } } });
const message = (id: string, body: unknown) => ({ messageId: id, body: JSON.stringify(body) });

describe("an event of S3 is read", () => {
  test("as S3 sends it, with an encoded key", async () => {
    expect(parseS3Event(await recorded("s3-put"))).toEqual([{ objects: [SAMPLES] }]);
    expect(parseS3Event({ Records: [one("imports/a+b%2Bc.txt")] })).toEqual([
      { objects: [{ bucket: "b", key: "imports/a b+c.txt" }] },
    ]);
  });

  test("through EventBridge, which does not encode keys", async () => {
    expect(parseS3Event(await recorded("s3-eventbridge"))).toEqual([
      { objects: [{ ...SAMPLES, key: "imports/align/a b+c.txt" }] },
    ]);
  });

  test("through SQS, whatever is in its messages", async () => {
    const messageId = "059f36b4-87a3-44ab-83d2-661975830a7d";
    expect(parseS3Event(await recorded("s3-sqs"))).toEqual([{ messageId, message: MESSAGE, objects: [SAMPLES] }]);
    const Message = JSON.stringify(await recorded("s3-put"));
    const Records = [
      message("bridge", await recorded("s3-eventbridge")),
      message("topic", { Type: "Notification", Message }),
      message("test", await recorded("s3-test-event")),
    ];
    const found = parseS3Event({ Records });
    expect(found.map(({ messageId: id, objects }) => [id, objects.map(({ key }) => key)])).toEqual([
      ["bridge", ["imports/align/a b+c.txt"]],
      ["topic", ["imports/align/samples.txt"]],
      ["test", []],
    ]);
  });

  test("through SNS", async () => {
    const Message = JSON.stringify(await recorded("s3-put"));
    expect(parseS3Event({ Records: [{ EventSource: "aws:sns", Sns: { Message } }] })).toEqual([{ objects: [SAMPLES] }]);
  });

  test("with what happened, if the object was not created", async () => {
    const bridged = (await recorded("s3-eventbridge")) as object;
    expect(parseS3Event({ ...bridged, "detail-type": "Object Deleted" })).toMatchObject([
      { objects: [{ otherEvent: "Object Deleted" }] },
    ]);
    expect(parseS3Event({ Records: [{ ...one("k"), eventName: "ObjectRemoved:Delete" }] })).toMatchObject([
      { objects: [{ otherEvent: "ObjectRemoved:Delete" }] },
    ]);
    expect(parseS3Event({ Records: [{ ...one("k"), eventName: "s3:ObjectCreated:Put" }] })).toEqual([
      { objects: [{ bucket: "b", key: "k" }] },
    ]);
  });
});

const EXPECTED = "expected an event of S3, direct or through EventBridge, SNS or SQS, found";

test.each([
  [{}, `${EXPECTED} an object with no fields`],
  ["imports/a.txt", `${EXPECTED} "imports/a.txt"`],
  ["", `${EXPECTED} ""`],
  [undefined, `${EXPECTED} nothing`],
  [null, `${EXPECTED} nothing`],
  [7, `${EXPECTED} 7`],
  [[one("k")], `${EXPECTED} a list`],
  [{ records: [one("k")] }, `${EXPECTED} an object with records`],
  [{ Records: [] }, "Records: expected one record or more, found an empty list"],
  [{ Records: one("k") }, "Records: expected a list, found an object"],
  [{ Records: null }, "Records: expected a list, found nothing"],
  [{ "detail-type": "Object Created" }, "detail: expected an object, found nothing"],
  [
    { "detail-type": "Object Created", detail: { bucket: { name: "b" }, object: {} } },
    "detail.object.key: expected text, found nothing",
  ],
  [{ "detail-type": "Scheduled Event", detail: {} }, "detail.bucket: expected an object, found nothing"],
])("%j is an error that names the field", (event, problem) => {
  expect(() => parseS3Event(event)).toThrow(new S3EventError(problem));
});

test.each([
  [null, "Records[0]: expected an object, found nothing"],
  ["text", 'Records[0]: expected an object, found "text"'],
  [{}, "Records[0].s3: expected an object, found nothing"],
  [{ s3: {} }, "Records[0].s3.bucket: expected an object, found nothing"],
  [one(undefined), "Records[0].s3.object.key: expected text, found nothing"],
  [one(5), "Records[0].s3.object.key: expected text, found 5"],
  [one(""), 'Records[0].s3.object.key: expected text, found ""'],
  [one("k", ["b"]), "Records[0].s3.bucket.name: expected text, found a list"],
  [{ ...one("k"), eventName: 3 }, "Records[0].eventName: expected text, found 3"],
  [{ body: "{}" }, "Records[0].messageId: expected text, found nothing"],
  [{ messageId: "m", body: "imports/a.txt" }, 'Records[0].body: expected JSON, found "imports/a.txt"'],
  [{ messageId: "m", body: { Records: [] } }, "Records[0].body: expected text, found an object"],
  [message("m", {}), `Records[0].body: ${EXPECTED} an object with no fields`],
  [message("m", { Records: [one("k"), {}] }), "Records[0].body.Records[1].s3: expected an object, found nothing"],
  [message("m", { Message: "no" }), 'Records[0].body.Message: expected JSON, found "no"'],
  [message("m", null), `Records[0].body: ${EXPECTED} nothing`],
  [{ Sns: {} }, "Records[0].Sns.Message: expected text, found nothing"],
])("the record %j is a problem of its own, and the others are read", (record, problem) => {
  const [bad, good] = parseS3Event({ Records: [record, one("k")] });
  expect(bad).toMatchObject({ objects: [], problem: { message: problem } });
  expect(good).toEqual({ objects: [{ bucket: "b", key: "k" }] });
});

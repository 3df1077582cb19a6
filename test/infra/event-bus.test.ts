import { createServer } from "node:http";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { EVENT_FIELDS } from "../../cli/json/events.ts";
import { madeOf } from "../support/made-of.ts";
import { grantsOfRoles } from "../support/roles.ts";
import type { Resource, Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

let packaged: Template;

beforeAll(async () => {
  packaged = await templateOf();
});

const BUS = { EventBus: "lab" };
const madeAlso = (given: Readonly<Record<string, string>>, without: Readonly<Record<string, string>> = {}) => {
  const known = madeOf(packaged, without).Resources;
  const made = madeOf(packaged, { ...without, ...given }).Resources;
  return Object.fromEntries(Object.entries(made).filter(([id]) => !(id in known)));
};

test("an event bus is filled only when a parameter names one, from the logs of functions and of the stack's workers", () => {
  const all = madeAlso(BUS);
  const filters = Object.values(all).filter(({ Type }) => Type === "AWS::Logs::SubscriptionFilter");
  expect(filters.map(({ Properties }) => Properties.LogGroupName)).toEqual(
    ["Worker", "Import", "Reconcile", "Sweep", "Launch"].map((name) => ({ Ref: `${name}LogGroup` })),
  );
  // its own log is not among them: it would call itself for ever
  expect(Object.keys(all).toSorted()).toEqual([
    "EventsFails",
    "EventsFunction",
    "EventsLogGroup",
    "EventsOfFunctions",
    "EventsOfWorkers",
    "EventsRetries",
    "EventsRole",
    ...["ImportEvents", "LaunchEvents", "ReconcileEvents", "SweepEvents", "WorkerEvents"],
  ]);
  const ofOthers = Object.keys(madeAlso(BUS, { JobQueueGiven: "align" }));
  expect(Object.keys(all).filter((id) => !ofOthers.includes(id))).toEqual(["EventsOfWorkers", "WorkerEvents"]);
});

test("its function may write to that bus, its own log and the queue of failed events, and no other role changes", () => {
  const [before, after] = [{}, BUS].map((given) => grantsOfRoles(madeOf(packaged, given)));
  const { EventsRole, ...others } = after ?? {};
  expect(others).toEqual(before);
  expect(EventsRole).toEqual({
    "logs of its own": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "failed events": ["sqs:SendMessage"],
    [BUS_ARN]: ["events:PutEvents"],
  });
});

const BUS_ARN = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBus}";

test("the filter names only events that exist", () => {
  const { FilterPattern } = madeAlso(BUS).WorkerEvents?.Properties ?? {};
  const names = [...String(FilterPattern).matchAll(/\$\.message = "([\w:*]+)"/g)].map(([, name = ""]) => name);
  expect(names).toContain("item:*");
  const known = Object.keys(EVENT_FIELDS);
  for (const name of names)
    expect(known.some((one) => (name.endsWith("*") ? one.startsWith(name.slice(0, -1)) : one === name))).toBe(true);
});

/** The function as it stands in the template, with a bus that rejects what `isTaken` says; `sent`: what it was sent. */
async function deployed(isTaken: (detail: string, request: number) => boolean = () => true) {
  const sent: { DetailType: string; Detail: string; Source: string; Resources: string[]; EventBusName: string }[][] =
    [];
  const server = createServer(async (request, response) => {
    const { Entries } = JSON.parse(await text(request)) as { Entries: (typeof sent)[number] };
    sent.push(Entries);
    const answers = Entries.map(({ Detail }) =>
      isTaken(Detail, sent.length) ? { EventId: "1" } : { ErrorCode: "ThrottlingException", ErrorMessage: "slower" },
    );
    const FailedEntryCount = answers.filter((answer) => "ErrorCode" in answer).length;
    response.setHeader("Content-Type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ FailedEntryCount, Entries: answers }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const port = (server.address() as { port: number }).port;
  for (const [name, value] of Object.entries({
    EVENT_BUS: "lab",
    TABLE_ARN: "arn:aws:dynamodb:eu-west-2:123456789012:table/anamo-dev",
    AWS_ENDPOINT_URL_EVENTBRIDGE: `http://127.0.0.1:${port}`,
    AWS_REGION: "eu-west-2",
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
  }))
    vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { Code } = (madeAlso(BUS).EventsFunction as Resource).Properties as { Code: { ZipFile: string } };
  const module = { exports: {} as { handler: (event: object) => Promise<void> } };
  // Lambda's runtime has the client; here it comes with the framework
  new Function("require", "exports", Code.ZipFile)(createRequire(import.meta.url), module.exports);
  const deliver = (lines: readonly object[], messageType = "DATA_MESSAGE") => {
    const logEvents = lines.map((line, index) => ({ id: String(index), timestamp: 1, message: JSON.stringify(line) }));
    const data = gzipSync(JSON.stringify({ messageType, logGroup: "/anamo-dev/worker", logEvents })).toString("base64");
    return module.exports.handler({ awslogs: { data } });
  };
  return { sent, deliver };
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ message: "item:claimed", service: "worker", itemId: `S${index}` }));

test("it sends each line as an event of its name, ten in a request, and again those that were not taken", async () => {
  const { sent, deliver } = await deployed((detail, request) => request > 1 || !/"S[37]"/.test(detail));
  await deliver([...lines(12), { message: "item:ended", itemId: "</script>", state: "done" }]);
  expect(sent.map((entries) => entries.length)).toEqual([10, 2, 3]);
  expect(sent[1]?.map(({ Detail }) => JSON.parse(Detail).itemId)).toEqual(["S3", "S7"]);
  expect(sent[2]?.at(-1)).toMatchObject({
    EventBusName: "lab",
    Source: "anamo",
    DetailType: "item:ended",
    Detail: '{"message":"item:ended","itemId":"</script>","state":"done"}',
    Resources: ["arn:aws:dynamodb:eu-west-2:123456789012:table/anamo-dev"],
  });
  // CloudWatch Logs tries a new subscription like this
  await deliver([{ message: "CWL CONTROL MESSAGE" }], "CONTROL_MESSAGE");
  expect(sent).toHaveLength(3);
});

test("a line that is never taken does not keep those behind it from the bus", async () => {
  const { sent, deliver } = await deployed((detail) => !detail.includes('"S3"'));
  await expect(deliver(lines(12))).rejects.toThrow("ThrottlingException");
  expect(sent.at(-1)?.map(({ Detail }) => JSON.parse(Detail).itemId)).toEqual(["S10", "S11"]);
});

test("lines that are never taken are an error, so that Lambda tries again and then keeps them", async () => {
  const { sent, deliver } = await deployed(() => false);
  await expect(deliver(lines(2))).rejects.toThrow("ThrottlingException");
  expect(sent).toHaveLength(3);
});

// A Lambda function of the stack: sends lines of logs, as CloudWatch Logs delivers them, to an event bus. It stands in
// the template as it is (infra/event-bus.yml), because it is made only on request, and the runtime has the client. A
// dollar sign before a brace would be taken for a variable of serverless.yml.
const { gunzipSync } = require("node:zlib");
const { EventBridgeClient, PutEventsCommand } = require("@aws-sdk/client-eventbridge");

const { EVENT_BUS, TABLE_ARN } = process.env;
const client = new EventBridgeClient({ maxAttempts: 5 });
// EventBridge takes at most 10 in a request
const MOST = 10;
const TRIES = 3;

exports.handler = async ({ awslogs }) => {
  const { messageType, logEvents } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, "base64")));
  if (messageType !== "DATA_MESSAGE") return;
  const entries = logEvents.map(({ timestamp, message }) => ({
    EventBusName: EVENT_BUS,
    Source: "anamo",
    DetailType: JSON.parse(message).message,
    Detail: message,
    Resources: [TABLE_ARN],
    Time: new Date(timestamp),
  }));
  let failed;
  for (let at = 0; at < entries.length; at += MOST) {
    // what the bus does not take must not hold up the rest
    await send(entries.slice(at, at + MOST)).catch((error) => {
      failed = failed || error;
    });
  }
  // Lambda calls again with all of them, so some come twice
  if (failed) throw failed;
};

async function send(entries) {
  let left = entries;
  for (let tries = 1; ; tries++) {
    const { Entries } = await client.send(new PutEventsCommand({ Entries: left }));
    left = left.filter((_, index) => Entries[index].ErrorCode);
    if (left.length === 0) return;
    if (tries === TRIES) throw new Error(Entries.flatMap(({ ErrorCode }) => ErrorCode ?? []).join(", "));
    await new Promise((resolve) => setTimeout(resolve, 200 * tries));
  }
}

import type { S3Client } from "@aws-sdk/client-s3";
import type { Env } from "../lib/aws-config.ts";
import { type Delivered, type DeliverOptions, deliver, type NoteStore } from "../lib/notify/deliver.ts";
import type { Look } from "../lib/notify/look.ts";
import type { Message } from "../lib/notify/message.ts";
import type { Place } from "../lib/report/commands.ts";
import { noteObject } from "./note-object.ts";

/** The longest that one invocation may run, plus a minute for clocks. */
const IN_FLIGHT_MS = 6 * 60_000;
/** On the first look, anything that ended longer ago is old news. */
const FRESH_MS = 3_600_000;

/** Sends notifications, and keeps the note of what has been sent. */
export interface Notifier {
  store: NoteStore;
  publish(message: Message): Promise<void>;
}

/** Sends to a topic; loads the library for that only when there is something to send. */
export function notifierOf(env: Env, topic: string, { s3, bucket }: { s3: S3Client; bucket: string }): Notifier {
  return {
    store: noteObject(s3, bucket),
    async publish(message) {
      const { PublishCommand } = await import("@aws-sdk/client-sns");
      const { snsClient } = await import("../lib/sns-client.ts");
      const sns = snsClient(env);
      try {
        await sns.send(new PublishCommand({ TopicArn: topic, ...publication(message) }));
      } finally {
        sns.destroy();
      }
    },
  };
}

/** Notifies nobody, but remembers what is new, for metrics of how long something has been the case. */
export function silentNotifier({ s3, bucket }: { s3: S3Client; bucket: string }): Notifier {
  return { store: noteObject(s3, bucket), publish: async () => {} };
}

/** How to report one look. */
export interface NotifyOptions extends Pick<DeliverOptions, "onKnown" | "onGivenUp"> {
  place: Place;
  nowMs: number;
}

/** Notifies the topic of what is new, if anything. Throws a NotSentError; the next look tries again. */
export function notify(look: Look, { store, publish }: Notifier, options: NotifyOptions): Promise<Delivered> {
  const when = { sinceMs: options.nowMs - FRESH_MS, inFlightMs: IN_FLIGHT_MS };
  // like alarms, mail names no items and no samples
  return deliver(look, { ...options, ...when, store, naming: "steps", send: publish });
}

/**
 * A message in SNS's format: text for people; for subscriptions over HTTPS, which Slack and Teams use, the part that
 * Amazon Q Developer in chat applications shows (it drops everything else); attributes for filter policies.
 */
export function publication({ subject, text, data }: Message) {
  const summary = subject.slice(0, 75);
  const chat = {
    version: "1.0",
    source: "custom",
    content: { textType: "client-markdown", title: subject, description: `\`\`\`\n${text.trimEnd()}\n\`\`\`` },
    // messages about one table form one thread
    metadata: { threadId: data.table, summary, eventType: data.event, additionalContext: { table: data.table } },
  };
  const Message = JSON.stringify({ default: text, https: JSON.stringify(chat), lambda: JSON.stringify(data) });
  return {
    Subject: subject,
    Message,
    MessageStructure: "json",
    MessageAttributes: {
      event: { DataType: "String.Array", StringValue: JSON.stringify(data.events) },
      table: { DataType: "String", StringValue: data.table },
    },
  };
}

import type { RecordedBatchEvent } from "../events.ts";
import type { AwsCalls } from "./aws-call.ts";

/** The source of events that a test sends. */
const OURS = "anamo.test";

/** A rule of a deployed stack on the account's default bus, found by the start of its name. */
export class EventRule {
  readonly #calls: AwsCalls;
  readonly #prefix: string;

  constructor(calls: AwsCalls, prefix: string) {
    this.#calls = calls;
    this.#prefix = prefix;
  }

  /** Whether the rule's pattern matches an event, according to the bus itself. */
  async takes(event: object): Promise<boolean> {
    const { EventPattern } = await this.#find();
    const input = { EventPattern, Event: JSON.stringify(event) };
    return (await this.#events<{ Result: boolean }>("TestEventPattern", input)).Result;
  }

  /**
   * Puts an event on the bus for this rule. No bus, including MiniStack's, accepts events of `aws.…` from anyone but
   * AWS, so this adds a second source to the rule for this one event.
   */
  async tell(event: RecordedBatchEvent): Promise<void> {
    if (!(await this.takes(event))) throw new Error(`${this.#prefix}: the rule does not match this event`);
    const { Name, EventPattern } = await this.#find();
    const { source, ...rest } = JSON.parse(EventPattern) as { source: string[] };
    await this.#put(Name, { source: [...source, OURS], ...rest });
    const Entries = [{ Source: OURS, DetailType: event["detail-type"], Detail: JSON.stringify(event.detail) }];
    const reply = await this.#events<{ FailedEntryCount: number }>("PutEvents", { Entries });
    await this.#put(Name, { source, ...rest });
    if (reply.FailedEntryCount > 0) throw new Error(`the bus did not accept the event: ${JSON.stringify(reply)}`);
  }

  async #find(): Promise<{ Name: string; EventPattern: string }> {
    const input = { NamePrefix: this.#prefix };
    const { Rules } = await this.#events<{ Rules: { Name: string; EventPattern: string }[] }>("ListRules", input);
    const [rule] = Rules;
    if (rule === undefined || Rules.length > 1) throw new Error(`${Rules.length} rules begin with ${this.#prefix}`);
    return rule;
  }

  #put(Name: string, pattern: object): Promise<unknown> {
    return this.#events("PutRule", { Name, EventPattern: JSON.stringify(pattern) });
  }

  #events<T>(action: string, input: object): Promise<T> {
    return this.#calls.json<T>("events", `AWSEvents.${action}`, input);
  }
}

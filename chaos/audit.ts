import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { ATTR } from "../lib/store/attributes.ts";
import { ITEM_ROW } from "../lib/store/schema.ts";
import type { ProxiedRequest, StoreReply } from "./fault-proxy.ts";

/** One claim of an item, as accepted by the store, and how it ended. */
export interface Claim {
  lockId: string;
  /** from 1; undefined if the store's reply to the claim was not observed */
  attempt?: number;
  instance?: string;
  /** when it was first observed, by `performance.now()` */
  atMs: number;
  end?: ClaimEnd;
}

export interface ClaimEnd {
  state: string;
  cause?: string;
  message?: string;
  /** when it was observed, by `performance.now()` */
  atMs: number;
}

/** What the store accepted about one task of a nested item. */
interface TaskHistory {
  /** the attempts under which it became done */
  done: number[];
  failed: { attempt: number; cause: string }[];
}

/** Everything that the store accepted about one item. */
export interface ItemHistory {
  claims: Claim[];
  /** number of accepted writes that made it done, and that made it failed for good */
  done: number;
  failed: number;
  tasks: Map<string, TaskHistory>;
}

/** Called with an itemID when the store accepts that it is claimed, or becomes done or failed. */
export interface AuditHooks {
  onClaim?: (itemId: string) => void;
  onEnd?: (itemId: string) => void;
}

type Values = Record<string, AttributeValue | undefined>;

/**
 * Listens to the writes that the store accepts, whether or not their senders learn of it, and records what they say
 * about items. It knows rows and requests, but not the code that makes them, so it is an independent witness of a run.
 */
export class Audit {
  readonly #items = new Map<string, ItemHistory>();
  readonly #hooks: AuditHooks;
  /** ends that were accepted for a claim that had already ended: must stay empty */
  readonly lateEnds: string[] = [];

  constructor(hooks: AuditHooks = {}) {
    this.#hooks = hooks;
  }

  /** Pass this as {@link FaultProxyOptions.onReply} to a proxy in front of DynamoDB. */
  readonly hear = ({ operation, body }: ProxiedRequest, reply: StoreReply): void => {
    if (reply.status !== 200) return;
    if (operation === "UpdateItem") this.#update(body, reply.body);
    if (operation === "PutItem") this.#put(body);
  };

  of(itemId: string): ItemHistory {
    const found = this.#items.get(itemId) ?? { claims: [], done: 0, failed: 0, tasks: new Map() };
    this.#items.set(itemId, found);
    return found;
  }

  /** Forgets an item that has been verified. */
  forget(itemId: string): void {
    this.#items.delete(itemId);
  }

  #update(body: Buffer, reply: Buffer): void {
    // heartbeats, by far the most frequent updates of long tasks, do not set a state
    if (!body.includes(`:set_${ATTR.state}`)) return;
    const { Key, ExpressionAttributeValues: values = {} } = JSON.parse(body.toString()) as {
      Key: Values;
      ExpressionAttributeValues?: Values;
    };
    const itemId = text(Key[ATTR.itemId]);
    const state = text(values[`:set_${ATTR.state}`]);
    if (itemId === undefined || state === undefined) return;
    const history = this.of(itemId);
    if (state === "locked") {
      const { Attributes = {} } = JSON.parse(reply.toString()) as { Attributes?: Values };
      const claim = claimOf(history, text(values[`:set_${ATTR.lockId}`]) ?? "");
      claim.attempt = Number(Attributes[ATTR.attempt]?.N);
      claim.instance = text(Attributes[ATTR.instance]) ?? "";
      this.#hooks.onClaim?.(itemId);
      return;
    }
    this.#ended(itemId, history, {
      lockId: text(values[":lockID"]),
      end: {
        state,
        atMs: performance.now(),
        ...optional("cause", text(values[`:set_${ATTR.cause}`])),
        ...optional("message", text(values[`:set_${ATTR.message}`])),
      },
    });
  }

  #ended(itemId: string, history: ItemHistory, { lockId, end }: { lockId: string | undefined; end: ClaimEnd }): void {
    // a write without a token comes neither from a worker nor from a process that frees an item
    const claim = lockId === undefined ? undefined : claimOf(history, lockId);
    if (claim?.end) this.lateEnds.push(`${itemId} #${claim.attempt}: ${end.state} after ${claim.end.state}`);
    else if (claim) claim.end = end;
    if (end.state === "done") history.done++;
    if (end.state === "failed") history.failed++;
    if (end.state === "done" || end.state === "failed") this.#hooks.onEnd?.(itemId);
  }

  #put(body: Buffer): void {
    if (!body.includes(`"${ATTR.taskState}"`)) return;
    const { Item } = JSON.parse(body.toString()) as { Item: Values };
    const [itemId, taskKey] = [text(Item[ATTR.itemId]), text(Item[ATTR.taskKey])];
    if (itemId === undefined || taskKey === undefined || taskKey === ITEM_ROW) return;
    const { tasks } = this.of(itemId);
    const task = tasks.get(taskKey) ?? { done: [], failed: [] };
    tasks.set(taskKey, task);
    const attempt = Number(Item[ATTR.attempt]?.N);
    const state = text(Item[ATTR.taskState]);
    if (state === "done") task.done.push(attempt);
    if (state === "failed") task.failed.push({ attempt, cause: text(Item[ATTR.cause]) ?? "unknown" });
  }
}

/** The claim with this token. Replies may be observed out of order, so the end of a claim may come before the claim. */
function claimOf(history: ItemHistory, lockId: string): Claim {
  const known = history.claims.find((claim) => claim.lockId === lockId);
  if (known) return known;
  const claim: Claim = { lockId, atMs: performance.now() };
  history.claims.push(claim);
  return claim;
}

function text(value: AttributeValue | undefined): string | undefined {
  return value?.S;
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

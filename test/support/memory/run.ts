import { createHash } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { realTimers } from "../../../lib/flow/timers.ts";
import { SETTINGS_KEY } from "../../../lib/store/schema.ts";
import { SettingsCache } from "../../../lib/store/settings-cache.ts";
import type { Table } from "../../../lib/table.ts";
import type { Budget, CallEvent, Process } from "./process.ts";
import { type Call, callOf, MemoryStore, type Row } from "./store.ts";

/*
 * Runs processes that work on one table in memory, one call at a time, in one order after another. Between any two
 * calls any other process may continue, a process may die, and the index may catch up with a row. Each process has its
 * own settings. Each order repeats the run from the start, so processes must behave the same when they get the same
 * replies.
 */

/** Something that may happen next. */
export interface Step {
  label: string;
  act(): void;
  /** the process that takes it: two steps by the same one are not a switch */
  by?: Actor | undefined;
}

/** A run of a scenario. */
export interface Scenario {
  processes: Process[];
  budget?: Budget;
  lags?: boolean;
  /** creates the initial state of the table */
  prepare(table: Table): Promise<void>;
  /** sees every call before it is made, and may change it */
  change?(call: Call, process: string): Call | undefined;
  /** further things that may happen, whatever processes do: freeing the items of dead workers */
  extra?(store: MemoryStore): { label: string; act(): void }[];
  /** called after each call; throws if its effect is wrong */
  check?(event: CallEvent): void;
  /** leaves out of places the parts of a row that matter to nobody */
  normal?(row: Row): Row;
  /** what the judge remembers, as far as it may still matter */
  judged?(store: MemoryStore, isBusy: (process: string) => boolean): unknown;
  /** called when nothing is left to do: does more work, and returns whether there was any */
  rest?(run: Run): Promise<boolean>;
  /** called at the very end; throws if something is wrong */
  end?(run: Run): void;
}

interface Pending {
  call?: Call;
  /** of a BatchGet, which reads one row at a time */
  left?: Row[];
  found: Row[];
  /** how often its call was made before with a lost reply */
  lost?: number;
  offers?: () => string[];
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Actor {
  readonly process: Process;
  readonly pending: Pending[] = [];
  isDead = false;
  isOver = false;
  /** everything it was told since it last chose what to do: with the same history it is at the same place */
  history = "";
  /** what it was last told about the settings, which it keeps for longer */
  settings = "";
  constructor(process: Process) {
    this.process = process;
  }
}

/** One order of calls. */
export class Run {
  readonly store = new MemoryStore();
  readonly scenario: Scenario;
  readonly trace: string[] = [];
  readonly #actors: Actor[];
  #deaths: number;
  #lostReplies: number;
  #calls = 0;
  failure: unknown;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.#actors = scenario.processes.map((process) => new Actor(process));
    this.#deaths = scenario.budget?.deaths ?? 0;
    this.#lostReplies = scenario.budget?.lostReplies ?? 0;
  }

  async begin(): Promise<void> {
    await this.scenario.prepare(this.table());
    this.store.lags = this.scenario.lags ?? false;
    for (const actor of this.#actors) this.#start(actor);
    await this.#settle();
  }

  /** A table whose calls are made immediately. */
  table(): Table {
    return this.#tableFor((call) => Promise.resolve().then(() => this.#make(call, "the test")));
  }

  /** Everything that may happen next. */
  steps(): Step[] {
    const steps: Step[] = [];
    for (const actor of this.#actors) {
      const [next] = actor.pending;
      if (!next || actor.isDead) continue;
      if (next.offers) {
        for (const offer of next.offers()) {
          const label = `${actor.process.name}: ${offer}`;
          steps.push({ label, by: actor, act: () => this.#answer(actor, next, () => offer) });
        }
        continue;
      }
      steps.push({ label: `${actor.process.name}: ${textOf(next)}`, by: actor, act: () => this.#goOn(actor, next) });
      if (this.#lostReplies > 0 && isWrite(next)) {
        steps.push({
          label: `${actor.process.name}: ${textOf(next)} (lost)`,
          by: actor,
          act: () => this.#lose(actor, next),
        });
      }
      if (this.#deaths > 0) steps.push({ label: `${actor.process.name} dies`, act: () => this.#die(actor) });
    }
    if (this.store.lags) {
      for (const key of this.store.behind()) {
        steps.push({ label: `index: ${key.split("\n")[0]}`, act: () => this.store.catchUp(key) });
      }
    }
    const extra = this.scenario.extra?.(this.store) ?? [];
    return [...steps, ...extra];
  }

  /** Whether any process still has a call to make; processes that wait for an offer are at rest. */
  get isBusy(): boolean {
    return this.#actors.some(({ pending, isDead }) => !isDead && pending[0]?.call !== undefined);
  }

  async take(step: Step): Promise<void> {
    this.trace.push(step.label);
    step.act();
    await this.#settle();
  }

  /** A text that is the same for two runs at the same place. */
  get place(): string {
    const { normal = (row: Row) => row, judged = () => undefined } = this.scenario;
    const rows = [...this.store.rows].map(([key, row]) => [key, normal(row)] as const);
    rows.sort(([a], [b]) => (a < b ? -1 : 1));
    const behind = this.store.behind().map((key) => [key, this.store.listed.get(key)]);
    // a process that waits for an offer acts on the table, and on the settings that it knows
    const actors = this.#actors.map(({ history, settings, isDead, isOver, pending }) =>
      isDead || isOver
        ? [isDead]
        : [history, settings, pending.length, pending[0]?.left?.length, pending[0]?.found, pending[0]?.lost],
    );
    const isBusy = (name: string) =>
      this.#actors.some(({ process, pending }) => process.name === name && pending[0]?.call !== undefined);
    const state = [rows, behind, actors, this.#deaths, this.#lostReplies, judged(this.store, isBusy)];
    const text = JSON.stringify(state, (_, value) => (value instanceof Set ? [...value].sort() : value));
    return createHash("sha1").update(text).digest("base64");
  }

  /** Lets processes continue until each waits for a reply or has ended. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#actors.every(({ pending, isDead, isOver }) => pending.length > 0 || isDead || isOver)) return;
    }
  }

  #start(actor: Actor): void {
    const table = this.#tableFor((call) => this.#ask(actor, { call }));
    const choose = <T extends string>(offers: () => T[]) => this.#ask(actor, { offers }) as Promise<T>;
    actor.process.run(table, { choose, store: this.store }).then(
      () => {
        actor.isOver = true;
      },
      (error: unknown) => {
        this.failure ??= error;
      },
    );
  }

  #ask(actor: Actor, what: { call?: Call; offers?: () => string[] }): Promise<unknown> {
    return new Promise((resolve, reject) => actor.pending.push({ ...what, found: [], resolve, reject }));
  }

  #tableFor(send: (call: Call) => Promise<unknown>): Table {
    const db = { send: (command: never) => send(callOf(command)) } as unknown as DynamoDBDocumentClient;
    // with one shard it makes no difference
    const connection = { name: this.store.name, db, now: () => NOW_MS, random: () => 0, timers: realTimers };
    return { ...connection, settings: new SettingsCache(connection) };
  }

  #goOn(actor: Actor, pending: Pending): void {
    const { call } = pending;
    if (!call) return;
    if (call.name.startsWith("BatchGet")) {
      // it is not a snapshot: each row is read at a different time
      pending.left ??= [...(call.input.Keys ?? [])];
      const key = pending.left.shift();
      if (key) pending.found.push(...this.#readOne(call, key, actor));
      if (pending.left.length > 0) return;
      this.#answer(actor, pending, () => ({ Responses: { [this.store.name]: pending.found } }));
      return;
    }
    this.#answer(actor, pending, () => this.#make(call, actor.process.name));
  }

  /** Makes a call and loses its reply, so that the call will be made again. */
  #lose(actor: Actor, pending: Pending): void {
    this.#lostReplies--;
    pending.lost = (pending.lost ?? 0) + 1;
    actor.history = hashOf(actor.history, "lost");
    try {
      if (pending.call) this.#make(pending.call, actor.process.name);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  #readOne(call: Call, key: Row, actor: Actor): Row[] {
    const one = { ...call, input: { ...call.input, Keys: [key] } };
    const reply = this.#make(one, actor.process.name) as { Responses: Record<string, Row[]> };
    return reply.Responses[this.store.name] ?? [];
  }

  #answer(actor: Actor, pending: Pending, make: () => unknown): void {
    actor.pending.shift();
    try {
      const reply = make();
      if (pending.offers) actor.history = "";
      if (isOfSettings(pending)) actor.settings = hashOf("", reply);
      actor.history = hashOf(actor.history, reply);
      pending.resolve(reply);
    } catch (error) {
      actor.history = hashOf(actor.history, String(error));
      if (error instanceof ConditionalCheckFailedException) error.$metadata.attempts = 1 + (pending.lost ?? 0);
      pending.reject(error);
    }
  }

  #make(given: Call, process: string): unknown {
    const call = this.scenario.change?.(given, process) ?? given;
    const key = call.input.Key ?? call.input.Item;
    const id = key && `${String(key.itemID)}\n${String(key.taskKey)}`;
    const before = id === undefined ? undefined : this.store.rows.get(id);
    const reply = this.store.run(call);
    const after = id === undefined ? undefined : this.store.rows.get(id);
    this.scenario.check?.({ process, call, before, after, at: this.#calls++, store: this.store });
    return reply;
  }

  #die(actor: Actor): void {
    this.#deaths--;
    actor.pending.length = 0;
    actor.history = hashOf(actor.history, "died");
    if (!actor.process.repeats) {
      actor.isDead = true;
      return;
    }
    const again = new Actor(actor.process);
    again.history = actor.history;
    this.#actors[this.#actors.indexOf(actor)] = again;
    this.#start(again);
  }
}

export const NOW_MS = Date.UTC(2026, 0, 1);

function hashOf(history: string, reply: unknown): string {
  const text = JSON.stringify(reply, (_, value) => (value instanceof Set ? [...value].sort() : value));
  return createHash("sha1")
    .update(history)
    .update(text ?? "")
    .digest("base64");
}

function isOfSettings({ call }: Pending): boolean {
  return (call?.input.Key ?? call?.input.Item)?.itemID === SETTINGS_KEY.itemID;
}

function isWrite({ call }: Pending): boolean {
  return call !== undefined && ["UpdateItem", "PutItem", "DeleteItem"].includes(call.name);
}

function textOf({ call, left }: Pending): string {
  const { name, input } = call ?? { name: "", input: {} };
  const key = (left?.[0] ?? input.Keys?.[0] ?? input.Key ?? input.Item ?? input.Items?.[0])?.itemID;
  const of = key ?? Object.values(input.ExpressionAttributeValues ?? {}).join(" ");
  return `${name} ${String(of)} ${input.UpdateExpression ?? ""}`.trim();
}

const TURNS = 4;

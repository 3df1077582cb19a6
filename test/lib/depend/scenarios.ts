import { addItem } from "../../../lib/changes/add.ts";
import { addMember } from "../../../lib/changes/add-member.ts";
import { changeItems } from "../../../lib/changes/change-items.ts";
import { toDelete } from "../../../lib/changes/delete-items.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { resetFollowing } from "../../../lib/changes/reset-following.ts";
import { claim } from "../../../lib/claims/claim.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { fail } from "../../../lib/claims/fail.ts";
import { evaluateAfterImport } from "../../../lib/depend/evaluate-after-adding.ts";
import { sweepWaiting } from "../../../lib/depend/sweep-waiting.ts";
import { isDependent } from "../../../lib/items/dependencies.ts";
import type { NewItem } from "../../../lib/items/new-item.ts";
import { DEFAULT_POLICY } from "../../../lib/items/next-state.ts";
import { beginRunning } from "../../../lib/store/gates.ts";
import { stateKeys } from "../../../lib/store/keys.ts";
import { putMembers } from "../../../lib/store/members.ts";
import { registerLanes } from "../../../lib/store/settings.ts";
import type { Table } from "../../../lib/table.ts";
import { stepItem } from "../../support/depend.ts";
import type { Budget, Process, Running } from "../../support/memory/process.ts";
import type { Scenario } from "../../support/memory/run.ts";
import type { Call, MemoryStore, Row } from "../../support/memory/store.ts";
import { Truth } from "./truth.ts";

/** Processes that work on the table of a scenario, and what may go wrong. */
export interface Plot {
  /** items that exist at the start */
  there?: NewItem[];
  /** prepared by hand once those exist */
  before?(table: Table): Promise<void>;
  processes: Process[];
  /** items that may fail */
  mayFail?: string[];
  /** `freezes`: how many workers may be considered dead while they only hang, and continue later */
  budget?: Budget & { failures?: number; freezes?: number };
  lags?: boolean;
  /** a sweep runs once all processes are at rest: without it, nothing may be left for a sweep */
  sweeps?: boolean;
  /** a mistake in the code, made by changing its calls */
  change?: Scenario["change"];
}

/**
 * Whether a call is the one with which an import announces at a step's gate that it runs, judging by what it writes
 * there.
 */
function isBeginOfImport({ name, input }: Call): boolean {
  // a mistake may have led it to another row, but it still counts as having begun
  if (name !== "UpdateItem") return false;
  const names = Object.values(input.ExpressionAttributeNames ?? {});
  return names.some((one) => one.startsWith("Running#")) && /\bADD\b/.test(String(input.UpdateExpression));
}

/** Makes a new scenario for each run. */
export function scenarioOf(plot: Plot): () => Scenario {
  return () => {
    const truth = new Truth();
    let failures = plot.budget?.failures ?? 0;
    let freezes = plot.budget?.freezes ?? 0;
    const mayFail = (itemId: string) => failures > 0 && (plot.mayFail ?? []).includes(itemId);
    const workers = plot.processes.map((process) =>
      process instanceof Worker ? process.with({ mayFail, failed: () => failures-- }) : process,
    );
    return {
      processes: workers,
      budget: plot.budget ?? {},
      lags: plot.lags ?? false,
      ...(plot.change && { change: plot.change }),
      normal: (row) => withoutOldLock(row, workers),
      judged: (store, isBusy) => [failures, freezes, truth.memory(store, isBusy)],
      prepare: async (table) => {
        await registerLanes(table, [], 1);
        for (const item of plot.there ?? []) await addMember(table, item);
        await plot.before?.(table);
      },
      extra: (store) => [
        ...freed(store, workers),
        ...(freezes > 0 ? frozen(store, workers) : []).map(({ label, act }) => ({
          label,
          act: () => {
            freezes--;
            act();
          },
        })),
      ],
      check: (event) => {
        const { process, call } = event;
        const items = plot.processes.flatMap((one) =>
          one instanceof Importer && one.name === process ? one.items : [],
        );
        if (isBeginOfImport(call) && items.length > 0) truth.comes(items, event);
        truth.check(event);
      },
      rest: async (run) => {
        if (plot.sweeps !== true || truth.isSwept) return false;
        const before = waitingIn(run.store);
        await sweepWaiting(run.table());
        run.store.catchUp();
        // a worker that has nothing to do is the last: what it releases may release more
        truth.isSwept = waitingIn(run.store) === before;
        return true;
      },
      end: (run) => truth.mustLeaveNothing(run.store),
    };
  };
}

/** Which worker had an item that is no longer locked makes no difference, unless that worker is about to end it. */
function withoutOldLock(row: Row, processes: readonly Process[]): Row {
  if (row.ItemState === "locked" || row.lockID === undefined) return row;
  if (processes.some((process) => process instanceof Worker && process.lockId === row.lockID)) return row;
  const { lockID: _, InstanceID: __, ...rest } = row;
  return rest;
}

/** Locked items whose worker is gone are freed, as the sweep does. */
function freed(store: MemoryStore, processes: readonly Process[]) {
  const held = new Set(processes.flatMap((process) => (process instanceof Worker ? [process.lockId] : [])));
  const rows = [...store.rows].filter(([, row]) => row.ItemState === "locked" && !held.has(String(row.lockID)));
  return rows.map(([key, row]) => ({ label: `free ${String(row.itemID)}`, act: () => freeRow(store, key, row) }));
}

/** Locked items that their worker still has, but whose lease it is too slow to renew. */
function frozen(store: MemoryStore, processes: readonly Process[]) {
  const held = new Set(processes.flatMap((process) => (process instanceof Worker ? [process.lockId] : [])));
  const rows = [...store.rows].filter(([, row]) => row.ItemState === "locked" && held.has(String(row.lockID)));
  return rows.map(([key, row]) => ({ label: `lease of ${String(row.itemID)}`, act: () => freeRow(store, key, row) }));
}

function freeRow(store: MemoryStore, key: string, row: Row): void {
  const item = { itemId: String(row.itemID), step: String(row.Step), state: "todo" as const, priority: 5 };
  const { stateKey, stateSort } = stateKeys(item, 1);
  store.rows.set(key, { ...row, ItemState: "todo", StateKey: stateKey, StateSort: stateSort });
  if (!store.lags) store.catchUp(key);
}

interface WorkerRules {
  mayFail(itemId: string): boolean;
  failed(): void;
}

/** Claims and ends items as long as there are any. */
class Worker implements Process {
  readonly name: string;
  readonly #rules: WorkerRules;
  /** the claim that it has now */
  lockId: string | undefined;
  readonly repeats = true;

  constructor(name: string, rules: WorkerRules = { mayFail: () => false, failed: () => {} }) {
    this.name = name;
    this.#rules = rules;
  }

  with(rules: WorkerRules): Worker {
    return new Worker(this.name, rules);
  }

  async run(table: Table, running: Running): Promise<void> {
    this.lockId = undefined;
    const { store } = running;
    for (;;) {
      const chosen = await running.choose(() => this.#offers(store));
      const [itemId = "", end = ""] = chosen.split(" ");
      if (end === "failed") this.#rules.failed();
      const row = store.rows.get(`${itemId}\n-`);
      const lockId = `${this.name} ${itemId} ${String(row?.Attempt ?? 0)}`;
      this.lockId = lockId;
      const step = String(row?.Step);
      const claimed = await claim(table, { itemId, step }, { instance: this.name, jobAttempt: 0, leaseMs: 1 }, lockId);
      if (claimed.won && end === "done") await complete(table, claimed.item, { exitCode: 0 });
      else if (claimed.won) {
        await fail(table, claimed.item, { cause: "exit", exitCode: 1 }, { ...DEFAULT_POLICY, maxAttempts: 1 });
      }
      this.lockId = undefined;
    }
  }

  #offers(store: MemoryStore): string[] {
    return todoIn(store).flatMap((id) => [`${id} done`, ...(this.#rules.mayFail(id) ? [`${id} failed`] : [])]);
  }
}

export function workers(count: number): Process[] {
  return Array.from({ length: count }, (_, n) => new Worker(`worker ${n}`));
}

/** Adds one item, as `anamo add` does. */
export function adder(item: NewItem): Process {
  return { name: `add ${item.itemId}`, run: async (table) => void (await addMember(table, item)) };
}

/** Imports items; if it dies, its event is delivered again. */
class Importer implements Process {
  readonly name: string;
  readonly items: readonly NewItem[];
  readonly importId: string;
  readonly repeats = true;

  constructor(name: string, items: readonly NewItem[], importId = name) {
    this.name = name;
    this.items = items;
    this.importId = importId;
  }

  async run(table: Table): Promise<void> {
    const { items, importId } = this;
    const steps = new Set(items.map(({ step }) => step));
    for (const step of steps) await beginRunning(table, step, importId);
    for (const item of items) {
      await putMembers(table, [item], 1);
      await addItem(table, item);
    }
    const waiting = items.filter((item) => isDependent(item)).map(({ itemId }) => itemId);
    await evaluateAfterImport(table, { importId, steps, waiting });
  }
}

export function importer(name: string, items: readonly NewItem[]): Process {
  return new Importer(`import ${name}`, items);
}

/** The event of an import comes twice: both deliveries write the same rows at the same time. */
export function deliveredTwice(name: string, items: readonly NewItem[]): Process[] {
  return [importer(name, items), new Importer(`import ${name} again`, items, `import ${name}`)];
}

export function deleter(...ids: string[]): Process {
  return {
    name: `delete ${ids.join()}`,
    run: (table) => changeItems(table, { ids }, toDelete(), { tell: () => {} }),
  };
}

export function resetter(...ids: string[]): Process {
  return {
    name: `reset ${ids.join()}`,
    run: (table) => changeItems(table, { ids }, toReset(), { tell: () => {} }),
  };
}

/** Starts items over, and everything that follows them. Not called a reset: after that, old results may count. */
export function followingResetter(...ids: string[]): Process {
  return {
    name: `start over ${ids.join()}`,
    run: (table) => resetFollowing(table, { ids }, {}, { tell: () => {} }),
  };
}

/** Looks for work that a process died over, at any time. */
export function sweeper(): Process {
  return { name: "sweep", run: async (table) => void (await sweepWaiting(table)) };
}

function waitingIn(store: MemoryStore): number {
  return [...store.rows.values()].filter(({ ItemState }) => ItemState === "waiting").length;
}

function todoIn(store: MemoryStore): string[] {
  return [...store.rows.values()].filter(({ ItemState }) => ItemState === "todo").map(({ itemID }) => String(itemID));
}

export { stepItem };

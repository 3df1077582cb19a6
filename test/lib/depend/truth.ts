import { toleratedOf } from "../../../lib/items/dependencies.ts";
import type { CallEvent } from "../../support/memory/process.ts";
import type { MemoryStore, Row } from "../../support/memory/store.ts";

/*
 * What must hold in every order of calls, judged from outside by what each call writes:
 *
 * - Nothing is released while something that it names, and that existed when the releasing process began to look, is
 *   unfinished; nor while an import that had begun by then still has to write it. Except after a reset by hand.
 * - Nothing is completed twice.
 * - Once all processes are at rest, nothing is waiting that could run.
 */
/** What is judged: a release, one after which no old result counts, or what is left once all processes are at rest. */
type When = "release" | "started over" | "at rest";

export class Truth {
  isSwept = false;
  /** when each item was put, or when the import that adds it began */
  readonly #begun = new Map<string, number>();
  /** items that an import has begun to add */
  readonly #coming = new Map<string, { step: string; taskId: string }>();
  /** by process and waiting item: when the process last began to evaluate the item */
  readonly #looked = new Map<string, number>();
  readonly #completed = new Map<string, number>();
  /** items that were started over by hand, until they are done again */
  readonly #excused = new Set<string>();
  /**
   * failed items that were deleted, and when: a process that looked before may still count what they blocked as failed
   */
  readonly #deleted: { row: Row; at: number }[] = [];
  /** followers that were started over: from then on, no old result counts for them */
  readonly #restarted = new Set<string>();

  /** Records what an import is about to add. */
  comes(items: readonly { itemId: string; step: string; taskId: string }[], { at, store }: CallEvent): void {
    for (const { itemId, step, taskId } of items) {
      // of an import that is delivered again
      if (store.rows.has(`${itemId}\n-`)) continue;
      if (!this.#begun.has(itemId)) this.#begun.set(itemId, at);
      this.#coming.set(itemId, { step, taskId });
    }
  }

  check(event: CallEvent): void {
    this.#noteLook(event);
    const { before, after, at, process } = event;
    const row = after ?? before;
    if (row?.taskKey !== "-") return;
    const itemId = String(row.itemID);
    const [was, is] = [before?.ItemState, after?.ItemState];
    if (after && !before) this.#begun.set(itemId, this.#begun.get(itemId) ?? at);
    if (!after) this.#begun.delete(itemId);
    if (!after && was === "failed" && before) this.#deleted.push({ row: before, at });
    if (after) this.#coming.delete(itemId);
    if (is === "done" && was === "locked") {
      const count = (this.#completed.get(itemId) ?? 0) + 1;
      this.#completed.set(itemId, count);
      if (count > 1) throw new Error(`${itemId} is completed twice`);
      this.#excused.delete(itemId);
    }
    if (was !== undefined && was !== is && /^(reset|start over)/.test(process)) {
      this.#completed.set(itemId, 0);
      // until everything that follows has also been started over, an old result may still count
      this.#excused.add(itemId);
    }
    if (is === "waiting" && process.startsWith("start over")) this.#restarted.add(itemId);
    if (is === "done" || is === "failed") this.#restarted.delete(itemId);
    if (was === "waiting" && is === "todo") this.#mustBeReady(event, after ?? {});
    if (was === undefined && is === "waiting") this.#looked.set(`${process} ${itemId}`, at);
  }

  /**
   * What it remembers, where that may still matter: two orders in which all of this is equal can be continued as one.
   */
  memory(store: MemoryStore, isBusy: (process: string) => boolean): unknown {
    const looks: [string, string[]][] = [];
    for (const [key, since] of this.#looked) {
      const at = key.lastIndexOf(" ");
      const [process, itemId] = [key.slice(0, at), key.slice(at + 1)];
      if (!isBusy(process) || store.rows.get(`${itemId}\n-`)?.ItemState !== "waiting") continue;
      const older = [...this.#begun].filter(([, begun]) => begun < since).map(([id]) => id);
      const deleted = this.#deleted.filter((one) => one.at >= since).map(({ row }) => String(row.itemID));
      looks.push([key, [...older.sort(), "", ...deleted.sort()]]);
    }
    const coming = [...this.#coming.keys()].sort();
    const completed = [...this.#completed].filter(([id]) => store.rows.get(`${id}\n-`)?.ItemState !== "done").sort();
    return [this.isSwept, looks.sort(), coming, completed, [...this.#excused].sort(), [...this.#restarted].sort()];
  }

  mustLeaveNothing(store: MemoryStore): void {
    for (const row of store.rows.values()) {
      if (row.ItemState !== "waiting") continue;
      if (this.#obstacles(store, row, Number.POSITIVE_INFINITY, "at rest").length === 0) {
        throw new Error(`${String(row.itemID)} could run, and waits forever`);
      }
    }
  }

  /** A process that reads a waiting item, or lists some, begins to evaluate it. */
  #noteLook({ call, process, at, store }: CallEvent): void {
    const { name, input } = call;
    const keys = [input.Key, ...(input.Keys ?? [])].filter((key) => key?.taskKey === "-");
    if (name === "GetItem" || name.startsWith("BatchGet")) {
      for (const key of keys) {
        const row = store.rows.get(`${String(key?.itemID)}\n-`);
        if (row?.ItemState === "waiting") this.#looked.set(`${process} ${String(key?.itemID)}`, at);
      }
    }
    if (name === "Query" && String(input.ExpressionAttributeValues?.[":key"]).includes("#waiting#")) {
      for (const row of store.listed.values()) {
        if (row.ItemState === "waiting") this.#looked.set(`${process} ${String(row.itemID)}`, at);
      }
    }
  }

  #mustBeReady({ store, process }: CallEvent, row: Row): void {
    const since = this.#looked.get(`${process} ${String(row.itemID)}`) ?? -1;
    const [obstacle] = this.#obstacles(
      store,
      row,
      since,
      this.#restarted.has(String(row.itemID)) ? "started over" : "release",
    );
    if (obstacle !== undefined) throw new Error(`${process} releases ${String(row.itemID)} though ${obstacle}`);
  }

  /** Why an item must not run. `since`: things whose adding began after that do not count. */
  #obstacles(store: MemoryStore, row: Row, since: number, when: When): string[] {
    const isAtRest = when === "at rest";
    const found: string[] = [];
    for (const { step, allow, isIn, items } of groupsOf(store, row)) {
      const tolerated = toleratedOf(allow, items.length);
      const vain = tolerated > 0 ? items.filter((one) => this.#waitsInVain(store, one, since, when)) : [];
      const failed = items.filter(({ ItemState, itemID }) => ItemState === "failed" && !this.#isExcused(itemID, when));
      if (failed.length + vain.length > tolerated) found.push(`${failed.length} items have failed`);
      for (const one of items)
        if (!vain.includes(one) && this.#isOpen(one, since, when))
          found.push(`${String(one.itemID)} is ${String(one.ItemState)}`);
      for (const [itemId, one] of this.#coming) {
        if (isIn(one) && (this.#begun.get(itemId) ?? 0) < since) found.push(`${itemId} is being imported`);
      }
      const gate = store.rows.get(`#gate#${step}\ngate`);
      if (isAtRest && (gate?.Running !== undefined || items.length === 0)) found.push(`${step} is not complete`);
    }
    for (const itemId of listOf(row, "AfterItems")) {
      const one = store.rows.get(`${itemId}\n-`);
      if (!one) found.push(`${itemId} does not exist`);
      else if (one.ItemState === "failed" || this.#isOpen(one, Number.POSITIVE_INFINITY, when)) {
        if (!this.#isExcused(itemId, when)) found.push(`${itemId} is ${String(one.ItemState)}`);
      }
    }
    return found;
  }

  /**
   * Whether nothing that a waiting item names is unfinished, but too much has failed or is itself waiting in vain. At a
   * release, failed items that were deleted `since` count too.
   */
  #waitsInVain(store: MemoryStore, row: Row, since: number, when: When): boolean {
    if (row.ItemState !== "waiting") return false;
    const isVain = (one: Row) =>
      one.ItemState === "failed" || this.#isExcused(one.itemID, when) || this.#waitsInVain(store, one, since, when);
    const named = listOf(row, "AfterItems").map((itemId) => store.rows.get(`${itemId}\n-`));
    const deleted = this.#deleted.flatMap((one) => (when === "release" && one.at >= since ? [one.row] : []));
    const groups = [
      ...groupsOf(store, row).map(({ allow, isIn, items }) => {
        return { allow, items: [...items, ...deleted.filter((one) => isIn({ step: one.Step, taskId: one.taskID }))] };
      }),
      { allow: undefined, items: named.filter((one) => one !== undefined) },
    ];
    if (groups.some(({ items }) => items.some((one) => one.ItemState !== "done" && !isVain(one)))) return false;
    return groups.some(({ items, allow }) => items.filter(isVain).length > toleratedOf(allow, items.length));
  }

  #isOpen({ itemID, ItemState }: Row, since: number, when: When): boolean {
    if (ItemState === "done" || ItemState === "failed" || this.#isExcused(itemID, when)) return false;
    return (this.#begun.get(String(itemID)) ?? 0) < since;
  }

  #isExcused(itemID: unknown, when: When): boolean {
    return when === "release" && this.#excused.has(String(itemID));
  }
}

function listOf(row: Row, name: string): string[] {
  return (row[name] as string[] | undefined) ?? [];
}

/** What an item waits for by steps, with the items that exist. */
function groupsOf(store: MemoryStore, row: Row) {
  const allow = row.AllowFailed as string | undefined;
  const groups = [
    ...listOf(row, "After").map((step) => ({ step, taskId: row.taskID, allow: undefined })),
    ...listOf(row, "AfterAll").map((step) => ({ step, taskId: undefined, allow })),
  ];
  return groups.map(({ step, taskId, ...group }) => {
    const isIn = (other: { step: unknown; taskId: unknown }) =>
      other.step === step && (taskId === undefined || other.taskId === taskId);
    const rows = [...store.rows.values()].filter((one) => one.taskKey === "-");
    return { ...group, step, isIn, items: rows.filter((one) => isIn({ step: one.Step, taskId: one.taskID })) };
  });
}

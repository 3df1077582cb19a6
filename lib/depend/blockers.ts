import { escapePathPart } from "../ids.ts";
import { toleratedOf } from "../items/dependencies.ts";
import type { ItemEntry } from "../items/item.ts";
import type { Settings } from "../store/settings.ts";
import { parseTarget, parseWaitingSort } from "../store/waiting-keys.ts";

/** A step, or a sample in it. */
type Place = { step: string; taskId?: string | undefined };

/**
 * Finds the waiting items that are blocked: something that they wait for, directly or not, has failed for good. Judges
 * by the index alone, that is by the steps for which items of a step have ever waited. Memory grows with the number of
 * failed items.
 */
export class Blockers {
  readonly #links: Settings["links"];
  readonly #items = new Set<string>();
  /** by step: the samples of failed items, and the numbers of failed items and of all items */
  readonly #failed = new Map<string, { samples: Set<string>; count: number }>();
  readonly #totals = new Map<string, number>();
  /** by step: the number of blocked waiting items */
  readonly #blocked = new Map<string, number>();

  constructor({ links }: Pick<Settings, "links">) {
    this.#links = links;
  }

  /** Takes every item of the table. */
  add({ itemId, taskId, step, state }: ItemEntry): void {
    if (this.#links.size === 0) return;
    this.#totals.set(step, (this.#totals.get(step) ?? 0) + 1);
    if (state !== "failed") return;
    const known = this.#failed.get(step) ?? { samples: new Set(), count: 0 };
    known.samples.add(taskId);
    known.count++;
    this.#failed.set(step, known);
    this.#items.add(escapePathPart(itemId));
  }

  /**
   * Whether a waiting item is blocked. Ask only after all items that do not wait and all items of earlier steps have
   * been taken, and once for each item: later steps that tolerate failures count a blocked item as failed.
   */
  isBlocked(entry: ItemEntry): boolean {
    const isBlocked = this.#isBehind(entry);
    if (isBlocked) this.#blocked.set(entry.step, (this.#blocked.get(entry.step) ?? 0) + 1);
    return isBlocked;
  }

  #isBehind({ step, taskId, stateSort = "" }: ItemEntry): boolean {
    if (this.#failed.size === 0) return false;
    const target = parseTarget(parseWaitingSort(stateSort).target);
    if (target.kind === "item" && this.#items.has(target.item)) return true;
    const allowed = target.kind === "all" ? { step: target.step, allowFailed: target.allowFailed } : undefined;
    return this.#isBehindFailed({ step, taskId }, new Set(), allowed);
  }

  /** Without a sample: whether any item of the step is blocked. `visited`: several paths may lead to a step. */
  #isBehindFailed(
    { step, taskId }: Place,
    visited: Set<string>,
    allowed?: { step: string; allowFailed: string },
  ): boolean {
    const way = JSON.stringify([step, taskId !== undefined]);
    if (visited.has(way)) return false;
    visited.add(way);
    const { after = [], afterAll = [] } = this.#links.get(step) ?? {};
    return (
      after.some((before) => {
        const place = { step: before, taskId };
        return this.#hasFailed(place) || this.#isBehindFailed(place, visited);
      }) ||
      afterAll.some((before) => {
        const allowFailed = allowed?.step === before ? allowed.allowFailed : undefined;
        const tolerated = toleratedOf(allowFailed, this.#totals.get(before) ?? 0);
        const failed = this.#failed.get(before)?.count ?? 0;
        if (tolerated > 0) return failed + (this.#blocked.get(before) ?? 0) > tolerated;
        return failed > tolerated || this.#isBehindFailed({ step: before }, visited);
      })
    );
  }

  #hasFailed({ step, taskId }: Place): boolean {
    const failed = this.#failed.get(step);
    return failed !== undefined && (taskId === undefined || failed.samples.has(taskId));
  }
}

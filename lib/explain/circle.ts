import type { Predecessor } from "../depend/snapshot.ts";

/** Which waiting items wait for which other waiting items; thousands that wait for one whole step share a list. */
export class WaitsAmongItems {
  readonly #targets = new Map<string, Set<string>>();
  readonly #items = new Map<string, readonly string[]>();

  /** `target`: which of the watcher's targets this is; `open`: its items that are not done. */
  add(watcherId: string, target: string, open: readonly Predecessor[]): void {
    const targets = this.#targets.get(watcherId) ?? new Set<string>();
    this.#targets.set(watcherId, targets.add(target));
    if (this.#items.has(target)) return;
    const waiting = open.filter(({ state }) => state === "waiting");
    this.#items.set(
      target,
      waiting.map(({ itemId }) => itemId),
    );
  }

  /**
   * A circle that can be reached from these items: `[a, b, a]` if a waits for b, and b for a. Visits each item once.
   */
  circleFrom(itemIds: Iterable<string>): string[] | undefined {
    const over = new Set<string>();
    for (const start of itemIds) {
      const path: string[] = [];
      const left: Iterator<string>[] = [[start].values()];
      for (let next = left.at(-1); next; next = left.at(-1)) {
        const { value: itemId, done } = next.next();
        if (done) {
          left.pop();
          const ended = path.pop();
          if (ended !== undefined) over.add(ended);
          continue;
        }
        const at = path.indexOf(itemId);
        if (at >= 0) return [...path.slice(at), itemId];
        if (over.has(itemId)) continue;
        path.push(itemId);
        left.push(this.#behind(itemId));
      }
    }
    return undefined;
  }

  *#behind(itemId: string): Generator<string> {
    for (const target of this.#targets.get(itemId) ?? []) yield* this.#items.get(target) ?? [];
  }
}

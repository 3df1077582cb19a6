/** A uniform sample of many items that does not keep them all. The same items are drawn each time. */
export class Drawn {
  readonly #size: number;
  #kept: { itemId: string; rank: number }[] = [];
  #worst = Number.POSITIVE_INFINITY;
  seen = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(itemId: string): void {
    this.seen++;
    const rank = rankOf(itemId);
    if (rank > this.#worst) return;
    this.#kept.push({ itemId, rank });
    if (this.#kept.length >= 2 * this.#size + 16) this.#cut();
  }

  /** The drawn items. */
  items(): string[] {
    this.#cut();
    return this.#kept.map(({ itemId }) => itemId);
  }

  #cut(): void {
    this.#kept = this.#kept.sort((a, b) => a.rank - b.rank || (a.itemId < b.itemId ? -1 : 1)).slice(0, this.#size);
    if (this.#kept.length === this.#size) this.#worst = this.#kept.at(-1)?.rank ?? this.#worst;
  }
}

/**
 * A number that is unrelated to the order of ids: FNV-1a, mixed again because ids often differ only in the last
 * character.
 */
function rankOf(itemId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < itemId.length; at++) hash = Math.imul(hash ^ itemId.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

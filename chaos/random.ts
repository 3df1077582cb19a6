/**
 * Random numbers that depend only on a seed. Each purpose has its own stream, named by `parts`, so that using one
 * stream more or less often does not change the others. This makes a plan repeatable although processes race.
 */
export class Random {
  #state: number;

  constructor(...parts: (string | number)[]) {
    this.#state = hash(parts.join("/"));
  }

  /** From 0 up to, but not including, 1 (mulberry32). */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }

  /** One of the keys, each as likely as its share; `otherwise` has the rest. */
  weighted<K extends string>(shares: Readonly<Partial<Record<K, number>>>, otherwise: NoInfer<K>): K {
    let left = this.next();
    for (const [key, share] of Object.entries(shares) as [K, number][]) {
      left -= share;
      if (left < 0) return key;
    }
    return otherwise;
  }
}

/** FNV-1a, with a final mix so that names that differ only in their last letter start far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}

/** A seed for a run that was given none. */
export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

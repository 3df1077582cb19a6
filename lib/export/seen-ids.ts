const FIRST_SLOTS = 1_024;

/**
 * Tells whether an id has occurred before, in 16 bytes per id whatever its length. It keeps hashes of 64 bits: among a
 * million ids, the probability that two share one is 1 in 37 million.
 */
export class SeenIds {
  #slots = new BigUint64Array(FIRST_SLOTS);
  #count = 0;

  /** Records an id; returns whether it is new. */
  isNew(id: string): boolean {
    const hash = hashOf(id);
    if (!place(this.#slots, hash)) return false;
    this.#count++;
    if (this.#count * 2 > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const larger = new BigUint64Array(this.#slots.length * 2);
    for (const hash of this.#slots) if (hash !== 0n) place(larger, hash);
    this.#slots = larger;
  }
}

/** Puts a hash into the first free slot at or after its own. Returns false if it is already there. */
function place(slots: BigUint64Array, hash: bigint): boolean {
  let at = Number(hash & 0xffff_ffffn) % slots.length;
  for (;;) {
    const found = slots[at];
    if (found === hash) return false;
    if (found === 0n) {
      slots[at] = hash;
      return true;
    }
    at = (at + 1) % slots.length;
  }
}

/** Two FNV-1a hashes with different starts; never 0, which marks a free slot. */
function hashOf(id: string): bigint {
  let [low, high] = [0x811c9dc5, 0x01234567];
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + at), 0x5bd1e995);
    high ^= high >>> 15;
  }
  return (BigInt(high >>> 0) << 32n) | BigInt((low ^ (low >>> 16)) >>> 0) || 1n;
}

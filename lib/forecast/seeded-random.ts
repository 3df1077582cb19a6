/** Reproducible random numbers: two looks at the same table must give the same forecast. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1 (mulberry32). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Mean 0 and standard deviation 1, close enough to normal, limited to ±4. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(Math.max(this.uniform(), 0.000_3)));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

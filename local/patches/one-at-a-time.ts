import { Semaphore } from "../../lib/flow/semaphore.ts";

/** Runs work on the same key one at a time, and work on different keys concurrently. */
export class OneAtATime {
  readonly #limits = new Map<string, Semaphore>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const limit = this.#limits.get(key) ?? new Semaphore(1);
    this.#limits.set(key, limit);
    try {
      return await limit.run(work);
    } finally {
      if (limit.running === 0) this.#limits.delete(key);
    }
  }
}

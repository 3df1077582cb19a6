/** Limits how many pieces of work run at once; the rest wait in order of arrival. */
export class Semaphore {
  readonly #limit: number;
  readonly #queue: (() => void)[] = [];
  #watchers: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many are running. */
  get running(): number {
    return this.#running;
  }

  /** How many more may start now. */
  get free(): number {
    return this.#limit - this.#running;
  }

  /** Runs `work` when its turn comes, immediately if a place is free; settles as `work` does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.#running += 1;
    // Work that ends passes its place to the first in the queue, so `#running` stays the same.
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Resolves when a place is free, without reserving it, or when `signal` is aborted. */
  async whenFree(signal?: AbortSignal): Promise<void> {
    while (this.free === 0 && !signal?.aborted) await this.#change(signal);
  }

  /** Resolves when nothing runs or waits. */
  async whenIdle(): Promise<void> {
    while (this.#running > 0) await this.#change();
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next) {
      next();
      return;
    }
    this.#running -= 1;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  /** Resolves at the next change of `#running`, or when `signal` is aborted. */
  async #change(signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watchers.push(resolve);
    const onAbort = () => resolve();
    signal?.addEventListener("abort", onAbort);
    await promise;
    signal?.removeEventListener("abort", onAbort);
  }
}

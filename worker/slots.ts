/** How many things run, and a way to wait until another may. */
export class Slots {
  readonly #size: number;
  readonly #running = new Set<Promise<void>>();
  #wakeUp: (() => void) | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  get busyCount(): number {
    return this.#running.size;
  }

  get freeCount(): number {
    return this.#size - this.#running.size;
  }

  /** Occupies a slot until `work` ends. */
  take(work: Promise<void>): void {
    const running = work.finally(() => {
      this.#running.delete(running);
      this.wake();
    });
    this.#running.add(running);
  }

  /** Resolves when a slot is free, or at `wake`. */
  async free(): Promise<void> {
    if (this.freeCount > 0) return;
    await new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
    });
  }

  /** Resolves when all that runs now has ended; never, if nothing runs. */
  whenIdle(): Promise<void> {
    return this.#running.size === 0 ? new Promise(() => {}) : this.drained();
  }

  /** Ends a wait for a free slot. */
  wake(): void {
    this.#wakeUp?.();
    this.#wakeUp = undefined;
  }

  /** Resolves when nothing runs any more. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}

/** Runs what it is given in order, so many at a time. */
export class Lane {
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  readonly #watchers: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Whether something runs or waits. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Runs `work` when its turn comes, and gives what it gives. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    // Whoever ends passes its place on, so the number of those running stays.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#leave();
    }
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    if (this.isBusy) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #leave(): void {
    this.#running -= 1;
    if (this.#running > 0) return;
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

/**
 * Steps to undo, last first, when something ends or fails halfway. AsyncDisposableStack does the same, but Node.js 22,
 * which the package supports, lacks it.
 */
export class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];

  /** Adds a step. */
  push(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Runs each step once, even if others fail; then throws the first error. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await step().catch((error) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

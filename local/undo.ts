/** What has to be undone, last first, when something ends or fails half way. */
export class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];

  push(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Undoes all that there is, each step once, even if one of them fails; the first error is thrown at the end. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await step().catch((error) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

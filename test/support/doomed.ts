/** A worker whose calls are counted, and which stops at the last one. */
export class Doomed {
  #left: number;
  readonly #afterCall: boolean;
  #isDead = false;
  #wake = () => {};
  #sayStopped = () => {};
  readonly stopped = new Promise<"stopped">((resolve) => {
    this.#sayStopped = () => resolve("stopped");
  });

  constructor(calls: number, afterCall: boolean) {
    this.#left = calls;
    this.#afterCall = afterCall;
  }

  async call<T>(act: () => Promise<T>): Promise<T> {
    if (--this.#left !== 0) {
      // a dead worker makes no calls; a frozen one continues when it wakes up
      if (this.#left < 0) await this.#sleep();
      return await act();
    }
    // a call that fails also counts as the last one
    const end = this.#afterCall ? await settled(act) : act;
    this.#sayStopped();
    await this.#sleep();
    return await end();
  }

  thaw(): void {
    this.#left = Number.POSITIVE_INFINITY;
    this.#wake();
  }

  /**
   * Ends the promises of a dead worker by letting all its calls fail, so that it does not occupy slots that live
   * workers need.
   */
  bury(): void {
    this.#isDead = true;
    this.#wake();
  }

  async #sleep(): Promise<void> {
    if (this.#left !== Number.POSITIVE_INFINITY && !this.#isDead) {
      const before = this.#wake;
      await new Promise<void>((resolve) => {
        this.#wake = () => {
          before();
          resolve();
        };
      });
    }
    // an error that nobody retries
    if (this.#isDead) throw Object.assign(new Error("dead"), { name: "AccessDeniedException" });
  }
}

/** Makes a call; returns a function that returns its result or throws its error. */
function settled<T>(act: () => Promise<T>): Promise<() => Promise<T>> {
  return act().then(
    (value) => async () => value,
    (error) => () => Promise.reject(error),
  );
}

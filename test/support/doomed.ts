/** A worker whose calls are counted: at the last one it stops. */
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
      // a dead worker makes no calls; a frozen one goes on when it wakes up
      if (this.#left < 0) await this.#sleep();
      return await act();
    }
    // a call that fails is the last one, too
    const end = this.#afterCall ? await settled(act) : act;
    this.#sayStopped();
    await this.#sleep();
    return await end();
  }

  thaw(): void {
    this.#left = Number.POSITIVE_INFINITY;
    this.#wake();
  }

  /** Ends a dead worker's promises, whose calls all fail, so that it does not hold places that live ones need. */
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
    // nobody tries again after that one
    if (this.#isDead) throw Object.assign(new Error("dead"), { name: "AccessDeniedException" });
  }
}

/** Makes a call; returns what gives its result, or throws its error. */
function settled<T>(act: () => Promise<T>): Promise<() => Promise<T>> {
  return act().then(
    (value) => async () => value,
    (error) => () => Promise.reject(error),
  );
}

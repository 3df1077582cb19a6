/** What is done with each input, and with each result. */
export interface Handling<T, R> {
  /** how many inputs are worked on at a time */
  width: number;
  work: (input: T) => Promise<R>;
  /** hears each result; waited for if it returns a promise */
  tell: (result: R) => Promise<void> | undefined | void;
  /** once aborted, nothing new is begun; what runs is waited for, and told */
  signal?: AbortSignal | undefined;
}

/**
 * Works on every input of every page and tells the results as they come. The next page is read while one is worked on;
 * no more than two are in memory. After the first failure nothing new is begun, and the failure is thrown at the end.
 */
export async function asTheyCome<T, R>(
  pages: AsyncIterable<readonly T[]>,
  { width, work, tell, signal }: Handling<T, R>,
): Promise<void> {
  const feed = new Feed(pages);
  let failure: { error: unknown } | undefined;
  // some thousand items a second come through here: a runner awaits nothing but its work if it can
  const runner = async (): Promise<void> => {
    while (!failure && !signal?.aborted) {
      if (!feed.isEmpty) {
        const told = tell(await work(feed.take()));
        if (told !== undefined) await told;
      } else if (feed.isOver) return;
      else await feed.turn();
    }
  };
  const runners = Array.from({ length: width }, () =>
    runner().catch((error: unknown) => {
      failure ??= { error };
    }),
  );
  await Promise.all(runners);
  await feed.close();
  if (failure) throw failure.error;
}

/** Pages of inputs, the next one being read while one is used up. */
class Feed<T> {
  readonly #pages: AsyncIterator<readonly T[]>;
  #page: readonly T[] = [];
  #at = 0;
  #next: Promise<IteratorResult<readonly T[]>> | undefined;
  #turning: Promise<void> | undefined;
  /** no page is left to turn to */
  isOver = false;

  constructor(pages: AsyncIterable<readonly T[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** nothing is left of this page */
  get isEmpty(): boolean {
    return this.#at >= this.#page.length;
  }

  take(): T {
    return this.#page[this.#at++] as T;
  }

  /** Waits for the next page, for all who ask. */
  turn(): Promise<void> {
    this.#turning ??= this.#turn().finally(() => {
      this.#turning = undefined;
    });
    return this.#turning;
  }

  async #turn(): Promise<void> {
    const { value, done } = await (this.#next ?? this.#pages.next());
    this.isOver = done === true;
    if (done) return;
    this.#page = value;
    this.#at = 0;
    this.#next = this.#pages.next();
    this.#next.catch(() => {}); // told when its turn comes
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}

/** What to do with each input and with each result. */
export interface Handling<T, R> {
  /** how many inputs to work on at once */
  width: number;
  work: (input: T) => Promise<R>;
  /** receives each result; awaited if it returns a promise */
  tell: (result: R) => Promise<void> | undefined | void;
  /** once aborted, nothing new is started; what is running is awaited and passed to `tell` */
  signal?: AbortSignal | undefined;
}

/**
 * Works on every input of every page and passes each result to `tell` as it comes. Reads the next page while one is
 * being worked on; at most two are in memory. After the first failure, starts nothing new and throws the failure once
 * everything that was running has ended.
 */
export async function asTheyCome<T, R>(
  pages: AsyncIterable<readonly T[]>,
  { width, work, tell, signal }: Handling<T, R>,
): Promise<void> {
  const feed = new Feed(pages);
  let failure: { error: unknown } | undefined;
  // thousands of items per second come through here, so a runner avoids awaiting anything but its work
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

/** Hands out the inputs of pages one by one, and reads one page ahead. */
class Feed<T> {
  readonly #pages: AsyncIterator<readonly T[]>;
  #page: readonly T[] = [];
  #at = 0;
  #next: Promise<IteratorResult<readonly T[]>> | undefined;
  #turning: Promise<void> | undefined;
  /** no page is left */
  isOver = false;

  constructor(pages: AsyncIterable<readonly T[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** nothing is left on this page */
  get isEmpty(): boolean {
    return this.#at >= this.#page.length;
  }

  take(): T {
    return this.#page[this.#at++] as T;
  }

  /** Moves on to the next page. Concurrent callers share one turn. */
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
    this.#next.catch(() => {}); // a failure is thrown when this page is awaited
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}

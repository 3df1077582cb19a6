/**
 * Runs `work` on every input of every page, at most `width` at a time, and gives the results as they come. The next
 * page is read while one is worked on. Holds no more than two pages and twice `width` results; once `signal` is
 * aborted, work has failed or the reader stops, nothing new is begun, and what runs is waited for.
 */
export async function* asTheyCome<T, R>(
  pages: AsyncIterable<readonly T[]>,
  width: number,
  work: (input: T) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const feed = new Feed(pages);
  let results: R[] = [];
  let news = Promise.withResolvers<void>();
  let room: PromiseWithResolvers<void> | undefined;
  let running = width;
  let isOver = false;
  let failure: { error: unknown } | undefined;
  // some thousand items a second come through here: a lane waits for nothing but its work as long as it need not
  const lane = async (): Promise<void> => {
    while (!isOver && !signal?.aborted) {
      if (feed.isEmpty) {
        if (feed.isOver) return;
        await feed.turn();
        continue;
      }
      const result = await work(feed.take());
      results.push(result);
      news.resolve();
      if (results.length < width || isOver) continue;
      room ??= Promise.withResolvers();
      await room.promise;
    }
  };
  const makeRoom = (): void => {
    room?.resolve();
    room = undefined;
  };
  const end = (): void => {
    isOver = true;
    makeRoom();
  };
  const lanes = Array.from({ length: width }, () =>
    lane()
      .catch((error: unknown) => {
        failure ??= { error };
        end();
      })
      .finally(() => {
        running--;
        news.resolve();
      }),
  );
  try {
    while (running > 0 || results.length > 0) {
      if (results.length === 0) await news.promise;
      news = Promise.withResolvers();
      const ready = results;
      results = [];
      makeRoom();
      for (const result of ready) yield result;
    }
  } finally {
    end();
    await Promise.all(lanes);
    await feed.close();
  }
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

/** Reads several iterators at once, at most `width`, and gives what they bring as it comes; one result of each waits. */
export async function* merge<T>(sources: Iterable<AsyncGenerator<T>>, width: number): AsyncGenerator<T> {
  const waiting = sources[Symbol.iterator]();
  const reading = new Map<AsyncGenerator<T>, Promise<{ source: AsyncGenerator<T>; result: IteratorResult<T> }>>();
  const read = (source: AsyncGenerator<T>) => {
    const next = source.next().then((result) => ({ source, result }));
    next.catch(() => {}); // told when its turn comes
    reading.set(source, next);
  };
  const begin = () => {
    const { value, done } = waiting.next();
    if (!done) read(value);
  };
  for (let count = 0; count < width; count++) begin();
  try {
    while (reading.size > 0) {
      const { source, result } = await Promise.race(reading.values());
      if (result.done) {
        reading.delete(source);
        begin();
      } else {
        read(source);
        yield result.value;
      }
    }
  } finally {
    await Promise.allSettled([...reading].map(([source, next]) => next.then(() => source.return(undefined))));
  }
}

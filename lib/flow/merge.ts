/**
 * Reads up to `width` iterators at once and yields their values as they come. Buffers at most one value per iterator,
 * because a value may be a page of thousands. Once that is taken, reads the iterator's next value or starts the next
 * iterator, even while the consumer is busy.
 */
export async function* merge<T>(sources: Iterable<AsyncIterable<T>>, width: number): AsyncGenerator<T> {
  const remaining = sources[Symbol.iterator]();
  const values: { value: T; taken: () => void }[] = [];
  let news = Promise.withResolvers<void>();
  let running = width;
  let isOver = false;
  let failure: { error: unknown } | undefined;
  const offer = (value: T): Promise<void> =>
    new Promise((taken) => {
      values.push({ value, taken });
      news.resolve();
    });
  const runner = async (): Promise<void> => {
    while (!isOver) {
      const { value: source, done } = remaining.next();
      if (done) return;
      for await (const value of source) {
        if (!isOver) await offer(value);
        if (isOver) break;
      }
    }
  };
  const runners = Array.from({ length: width }, () =>
    runner()
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        running--;
        news.resolve();
      }),
  );
  try {
    while (!failure) {
      const next = values.shift();
      if (next) {
        next.taken();
        yield next.value;
      } else if (running === 0) break;
      else {
        await news.promise;
        news = Promise.withResolvers();
      }
    }
  } finally {
    isOver = true;
    for (const { taken } of values) taken();
    await Promise.all(runners);
  }
  if (failure) throw failure.error;
}

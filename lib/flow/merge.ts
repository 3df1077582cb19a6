/**
 * Reads several iterators at once, at most `width`, and gives what they bring as it comes. One value of each waits, and
 * no more, as it may be a page of thousands; once it is taken the next is read, or the next iterator begun, whatever the
 * reader does meanwhile.
 */
export async function* merge<T>(sources: Iterable<AsyncIterable<T>>, width: number): AsyncGenerator<T> {
  const waiting = sources[Symbol.iterator]();
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
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const { value: source, done } = waiting.next();
      if (done) return;
      for await (const value of source) {
        if (!isOver) await offer(value);
        if (isOver) break;
      }
    }
  };
  const lanes = Array.from({ length: width }, () =>
    lane()
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
    await Promise.all(lanes);
  }
  if (failure) throw failure.error;
}

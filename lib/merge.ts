/**
 * Reads several iterators at once, at most `width`, and gives what they bring as it comes. Of each one value waits to be
 * taken while the next is read, and when an iterator is at its end the next one is begun, whatever the reader does.
 */
export async function* merge<T>(sources: Iterable<AsyncIterable<T>>, width: number): AsyncGenerator<T> {
  const waiting = sources[Symbol.iterator]();
  const values: { value: T; taken: () => void }[] = [];
  let news = Promise.withResolvers<void>();
  let running = width;
  let isOver = false;
  let failure: { error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    let before: Promise<void> | undefined;
    while (!isOver) {
      const { value: source, done } = waiting.next();
      if (done) return;
      for await (const value of source) {
        await before;
        if (isOver) break;
        const taken = Promise.withResolvers<void>();
        before = taken.promise;
        values.push({ value, taken: taken.resolve });
        news.resolve();
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

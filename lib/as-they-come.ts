/**
 * Runs `work` on every input, at most `width` at a time, and gives the results as they come. Holds no more than
 * `width` inputs and twice as many results; when the reader stops, nothing new is begun and what runs is waited for.
 */
export async function* asTheyCome<T, R>(
  inputs: AsyncIterable<T>,
  width: number,
  work: (input: T) => Promise<R>,
): AsyncGenerator<R> {
  const iterator = inputs[Symbol.asyncIterator]();
  const ready: R[] = [];
  let news = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  room.resolve();
  let running = width;
  let isOver = false;
  let failure: { error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const input = await iterator.next();
      if (input.done) return;
      ready.push(await work(input.value));
      if (ready.length === width && !isOver) room = Promise.withResolvers();
      news.resolve();
      await room.promise;
    }
  };
  const lanes = Array.from({ length: width }, () =>
    lane()
      .catch((error: unknown) => {
        failure ??= { error };
        isOver = true;
      })
      .finally(() => {
        running -= 1;
        news.resolve();
      }),
  );
  try {
    while (ready.length > 0 || running > 0) {
      if (ready.length === 0) await news.promise;
      news = Promise.withResolvers();
      const results = ready.splice(0);
      room.resolve();
      yield* results;
      if (failure) break;
    }
  } finally {
    isOver = true;
    room.resolve();
    await Promise.all(lanes);
    await iterator.return?.();
  }
  if (failure) throw failure.error;
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

/**
 * Runs `work` on every input, at most `width` at once, and returns the results in the order of the inputs. After the
 * first error, starts nothing new, waits for what is running, then throws that error.
 */
export async function sideBySide<T, R>(
  inputs: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (input: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let index = 0;
  let failed = false;
  const next = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  const runner = async (): Promise<void> => {
    while (!failed) {
      const at = index++;
      const input = await next.next();
      if (input.done) return;
      results[at] = await work(input.value, at);
    }
  };
  const runners = Array.from({ length: width }, () =>
    runner().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const ends = await Promise.allSettled(runners);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return results;
}

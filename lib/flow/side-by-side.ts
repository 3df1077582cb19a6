/**
 * Runs `work` on every input, at most `width` at a time; results in the order of the inputs. The first error ends
 * it: nothing new is begun, what runs is waited for, then the error is thrown.
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
  const lane = async (): Promise<void> => {
    while (!failed) {
      const at = index++;
      const input = await next.next();
      if (input.done) return;
      results[at] = await work(input.value, at);
    }
  };
  const lanes = Array.from({ length: width }, () =>
    lane().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const ends = await Promise.allSettled(lanes);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return results;
}

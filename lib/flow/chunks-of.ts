/** Splits a list into parts of `size`, such as the maximum that one call takes; the last part may be shorter. */
export function* chunksOf<T>(list: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}

import { sideBySide } from "./side-by-side.ts";

/** Whether an item that we parked is still ours to write. */
export type StillOurs = () => Promise<boolean>;

/**
 * Runs `work` on every input, at most `width` at once, asking `stillOurs` before each. Stops and returns false as soon
 * as `stillOurs` or `work` returns false.
 */
export async function whileOurs<T>(
  stillOurs: StillOurs,
  inputs: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (input: T) => Promise<unknown>,
): Promise<boolean> {
  let isLost = false;
  await sideBySide(inputs, width, async (input) => {
    if (isLost || !(await stillOurs()) || (await work(input)) === false) isLost = true;
  });
  return !isLost;
}

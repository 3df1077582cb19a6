import { sideBySide } from "./side-by-side.ts";

/** Asks whether an item that was parked is still ours to write. */
export type StillOurs = () => Promise<boolean>;

/**
 * Runs `work` on every input, at most `width` at a time. Asks `stillOurs` before each, and gives up, with false, when
 * it says no, or `work` does.
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

/** For `expect.poll`: polls often, with a time-out that even a busy machine does not reach. */
export const SOON = { timeout: 60_000, interval: 5 };

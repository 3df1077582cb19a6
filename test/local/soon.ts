/** For `expect.poll`: looks often, and gives up only when something must be wrong, however busy the machine is. */
export const SOON = { timeout: 60_000, interval: 5 };

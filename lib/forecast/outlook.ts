/** The run of a done item. */
export interface Ended {
  startedAtMs: number;
  endedAtMs: number;
  /** attempts before the last one since the item was added or last reset */
  earlierTries: number;
}

/** An item that a worker has. */
export interface Current {
  sinceMs: number;
  /** of a nested item: how much of it is done, from 0 to 1 */
  share?: number;
}

/** What a forecast needs to know about a step. */
export interface StepOutlook {
  step: string;
  /** the steps that its items wait for: sample by sample in `after`, as a whole in `afterAll` */
  after: readonly string[];
  afterAll: readonly string[];
  isPaused: boolean;
  /** items that a worker can claim, or could if the step were not paused */
  ready: number;
  /** items that wait for others, except blocked ones */
  waiting: number;
  held: number;
  running: number;
  done: number;
  failed: number;
  /** some of the done items, sampled at random */
  ended: readonly Ended[];
  /** some of the running items */
  current: readonly Current[];
}

/** The remaining work of a table, and how long things took. */
export interface Outlook {
  nowMs: number;
  /** in the order in which the work goes through them */
  steps: readonly StepOutlook[];
}

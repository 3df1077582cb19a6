/** How an item that is done ran. */
export interface Ended {
  startedAtMs: number;
  endedAtMs: number;
  /** attempts before the last one, since the item was added or last reset */
  earlierTries: number;
}

/** An item that a worker has. */
export interface Current {
  sinceMs: number;
  /** of a nested item: how much of it is done, from 0 to 1 */
  share?: number;
}

/** One step, as far as a forecast needs to know it. */
export interface StepOutlook {
  step: string;
  /** steps that its items wait for sample by sample, and as a whole */
  after: readonly string[];
  afterAll: readonly string[];
  isPaused: boolean;
  /** items that a worker may claim, or could if the step were not paused */
  ready: number;
  /** items that wait for others, without those that are blocked */
  waiting: number;
  held: number;
  running: number;
  done: number;
  failed: number;
  /** some of those that are done, drawn at random */
  ended: readonly Ended[];
  /** some of those that run */
  current: readonly Current[];
}

/** What is left of a table, and how long things took. */
export interface Outlook {
  nowMs: number;
  /** in the order of the work */
  steps: readonly StepOutlook[];
}

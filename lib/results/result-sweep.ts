/** What a sweep did about unfinished publications. */
export interface ResultSweep {
  /** results that a row records, whose worker died before it published them */
  published: number;
  /** runs whose claim was over: what they left is gone */
  removed: number;
  /** runs that are going on, or whose end may still be recorded */
  left: number;
}

/** What a sweep did about unfinished publications. */
export interface ResultSweep {
  /** results that a row records, whose worker died before publishing them */
  published: number;
  /** runs whose claim is over, and whose files were removed */
  removed: number;
  /** runs that are still going on, or whose end may still be recorded */
  left: number;
}

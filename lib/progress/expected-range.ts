/** When something should end, ISO 8601 UTC: about four of five times between `from` and `to`. */
export interface ExpectedRange {
  likely: string;
  from: string;
  to: string;
}

/** When the whole table should end. */
export interface ExpectedEnd extends ExpectedRange {
  /** steps of which no item is done yet: how long theirs take is guessed from other steps */
  guessed?: string[];
}

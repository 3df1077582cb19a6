/** When something should end, ISO 8601 UTC: between `from` and `to` about four times out of five. */
export interface ExpectedRange {
  likely: string;
  from: string;
  to: string;
}

/** When the whole table should end. */
export interface ExpectedEnd extends ExpectedRange {
  /** steps without done items, whose run times are guessed from other steps */
  guessed?: string[];
}

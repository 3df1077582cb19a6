import type { Row } from "./attributes.ts";

/** Marks that nothing changes in a table, and since when this has been known, in milliseconds since the epoch. */
export interface AtRest {
  sinceMs: number;
  /** a later look has found the same: by then every process that changes something has read this mark */
  isSure: boolean;
  /** a sweep has evaluated the waiting items since, late enough that no further sweep is needed */
  isSwept: boolean;
}

/** Stored names, on the settings row. */
export const REST = {
  /** the process that ends the rest removes only this */
  atRestSinceMs: "At_RestSinceMs",
  /** the same number, once it is sure */
  atRestSureMs: "At_RestSureMs",
  /** the same number, once a sweep has evaluated the waiting items */
  atRestSweptMs: "At_RestSweptMs",
} as const;

export function parseRest(row: Row): { atRest?: AtRest } {
  const sinceMs = row[REST.atRestSinceMs];
  if (typeof sinceMs !== "number") return {};
  const [isSure, isSwept] = [row[REST.atRestSureMs] === sinceMs, row[REST.atRestSweptMs] === sinceMs];
  return { atRest: { sinceMs, isSure, isSwept } };
}

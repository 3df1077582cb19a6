import type { StudyPlan } from "./bind.ts";
import type { SheetRow } from "./read-sheet.ts";
import { holds } from "./when.ts";

/** Values in a sheet that are usable, but often not intended. */
export interface OddValues {
  /** columns that scripts name and that have no value in some rows: the number of rows, and the line of the first */
  empty: { column: string; rows: number; line: number }[];
  /** samples whose ids differ only in upper and lower case */
  alike: string[][];
}

/** Finds values in the rows of a sheet that are often not intended. */
export function oddValues({ columns, sampleColumn, steps }: StudyPlan, rows: readonly SheetRow[]): OddValues {
  const usable = rows.filter(({ isComment, problem }) => !isComment && !problem);
  const valueIn = (row: SheetRow, column: string) => row.values[columns.indexOf(column)] ?? "";
  const empty = new Map<string, Set<SheetRow>>();
  for (const { script, when } of steps) {
    const own = when ? usable.filter((row) => holds(when, (column) => valueIn(row, column))) : usable;
    for (const column of script.columns) {
      const found = empty.get(column) ?? new Set();
      for (const row of own) if (valueIn(row, column) === "") found.add(row);
      if (found.size > 0) empty.set(column, found);
    }
  }
  empty.delete(sampleColumn); // such a row is rejected
  const samples = new Set(usable.map((row) => valueIn(row, sampleColumn)));
  const groups = Map.groupBy(samples, (sample) => sample.toLowerCase());
  return {
    empty: [...empty].map(([column, found]) => ({
      column,
      rows: found.size,
      line: Math.min(...[...found].map(({ line }) => line)),
    })),
    alike: [...groups.values()].filter((group) => group.length > 1),
  };
}

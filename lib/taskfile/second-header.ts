import { type Problem, shown, UnusableFileError } from "./problem.ts";

/**
 * The problem of a row that repeats the header, as in lists that were joined: its names would become an item. Throws an
 * UnusableFileError if it is another header with the same names: the columns of all rows below it would be confused.
 */
export function secondHeaderProblem(
  values: readonly string[],
  columns: readonly string[],
  line: number,
): Problem | undefined {
  const [first = ""] = values;
  const isName = (value: string) => columns.some((column) => isSame(column, value));
  if (!isName(first) || values.length < 2 || !values.every(isName) || new Set(values).size < values.length) {
    return undefined;
  }
  if (values.length === columns.length && values.every((value, index) => isSame(columns[index] as string, value))) {
    return {
      field: "row",
      expected: "a row",
      found: "the header again",
      hint: "if files were joined, delete this line",
    };
  }
  throw new UnusableFileError(
    `line ${line}: expected rows for the columns ${columns.join(", ")}, found another header, ${shown(values.join(", "))}; split the file there and import both parts`,
  );
}

function isSame(column: string, value: string): boolean {
  // nearly all values differ in length
  return (
    value.length >= column.length &&
    value.length <= column.length + 4 &&
    value.trim().toLowerCase() === column.toLowerCase()
  );
}

/** What an item waits for. All parts must hold; an item with none of them never waits. */
export interface Dependencies {
  /** steps: all their items of the same sample must be done */
  after?: readonly string[];
  /** steps: all their items must be done */
  afterAll?: readonly string[];
  /** itemIDs: these must be done */
  afterItems?: readonly string[];
  /** of each step in `afterAll`, how many items may have failed: a number (`3`) or a share of them (`2%`) */
  allowFailed?: string;
}

/** The lists among the dependencies, with their columns in task files. */
export const DEPENDENCY_LISTS = [
  { field: "after", column: "After" },
  { field: "afterAll", column: "AfterAll" },
  { field: "afterItems", column: "AfterItems" },
] as const;

export const ALLOW_FAILED = { field: "allowFailed", column: "AllowFailed" } as const;

/** Whether an item waits for anything. */
export function isDependent({ after = [], afterAll = [], afterItems = [] }: Dependencies): boolean {
  return after.length > 0 || afterAll.length > 0 || afterItems.length > 0;
}

/** Picks the dependencies from an object with other fields too; absent ones stay absent. */
export function dependenciesOf({ after, afterAll, afterItems, allowFailed }: Dependencies): Dependencies {
  return {
    ...(after && { after }),
    ...(afterAll && { afterAll }),
    ...(afterItems && { afterItems }),
    ...(allowFailed !== undefined && { allowFailed }),
  };
}

/** Whether two items wait for the same things, in any order. */
export function hasSameDependencies(one: Dependencies, other: Dependencies): boolean {
  const isSame = (a: readonly string[] = [], b: readonly string[] = []) =>
    a.length === b.length && a.toSorted().join("\n") === b.toSorted().join("\n");
  return (
    DEPENDENCY_LISTS.every(({ field }) => isSame(one[field], other[field])) &&
    (one.allowFailed ?? NONE_MAY_FAIL) === (other.allowFailed ?? NONE_MAY_FAIL)
  );
}

export const NONE_MAY_FAIL = "0";

/** How many of `total` items may have failed. A share is rounded down. */
export function toleratedOf(allowFailed: string | undefined, total: number): number {
  if (allowFailed === undefined) return 0;
  const amount = Number.parseFloat(allowFailed);
  // 0.29 * 100 is slightly less than 29
  return allowFailed.endsWith("%") ? Math.floor((total * amount) / 100 + 1e-9) : amount;
}

/** A number of items (`3`), or a share of them with at most two decimals (`2%`, `0.5%`). */
export function isAllowFailed(text: string): boolean {
  if (/^\d{1,9}$/.test(text)) return true;
  return /^\d{1,3}(\.\d{1,2})?%$/.test(text) && Number.parseFloat(text) <= 100;
}

/** Where the index lists a waiting item. */
export interface Waiting {
  /** one thing that it waits for: see store/waiting-keys.ts */
  target: string;
  /** a new number each time the item begins to wait, so that a decision about an earlier wait does not count */
  epoch: number;
}

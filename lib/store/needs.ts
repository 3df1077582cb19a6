import { AnamoError } from "../errors.ts";

/*
 * A version that stores something which earlier ones would treat wrongly names it on the settings row, in the set
 * NEEDS, in the same write that announces a step (settings.ts, registerLanes). Versions that do not know the name then
 * refuse the table, instead of running an item without what it needs: workers claim nothing more, though they finish
 * what they have, and commands and functions fail. Everybody reads that row anyway, so it costs nothing. Workers read
 * it every 30 s, so such a version must wait that long before it stores the first item of a step that workers know
 * already.
 */

export const NEEDS = "Needs";

/** What this version knows. So far nothing has needed a name: all versions since 0.1 read each other's rows. */
const KNOWN: readonly string[] = [];

/** A newer version of anamo has stored something in the table that this one does not know. */
export class NewerTableError extends AnamoError {
  constructor(table: string, unknown: readonly string[]) {
    const update = "git pull && npm ci in a checkout, npm run worker:push for workers on AWS, else install its package";
    const what = `a newer version of anamo has used table ${table}, and stored what this one does not know`;
    super("newer-table", `${what}: ${unknown.join(", ")}. Update this one: ${update}`);
  }
}

/** What the settings row names that this version does not know. */
export function unknownNeeds(row: Record<string, unknown>): string[] {
  const named = row[NEEDS];
  return named instanceof Set ? [...named].map(String).filter((name) => !KNOWN.includes(name)) : [];
}

/** Throws a NewerTableError if the table needs something that this version does not know. */
export function mustKnow(table: string, { unknown }: { unknown: readonly string[] }): void {
  if (unknown.length > 0) throw new NewerTableError(table, unknown);
}

/** Counts the kills and faults of a run, by kind. */
export class Tally {
  readonly kills: Record<string, number> = {};
  readonly faults: Record<string, Record<string, number>> = {};

  kill(kind: string): void {
    this.kills[kind] = (this.kills[kind] ?? 0) + 1;
  }

  fault(where: string, kind: string): void {
    const faults = this.faults[where] ?? {};
    faults[kind] = (faults[kind] ?? 0) + 1;
    this.faults[where] = faults;
  }
}

/** The sum of counts. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

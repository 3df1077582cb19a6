import type { TaskRecord } from "../taskfile/open.ts";
import { type Problem, problemMessage } from "../taskfile/problem.ts";
import { itemIdOf } from "../taskfile/read-row.ts";
import { noTally, type Tally } from "../taskfile/tally.ts";
import type { Spool } from "./spool.ts";

/**
 * How many rows of a file had each outcome, and to how many each remark applies. Imported, reset, skipped, rejected and
 * comments add up to the rows read.
 */
export interface Counts extends Tally {
  /** items added */
  imported: number;
  /** existing items that start over with the row's fields */
  reset: number;
  /** of those reset: items that had not failed but were waiting, and take the row's fields */
  changed: number;
  /** existing items that were left alone */
  skipped: number;
  /** of those skipped: items whose script differs from the file's */
  skippedDifferent: number;
  /** of those skipped: items that should start over, but a worker has them */
  locked: number;
  /** of those skipped: added by the same row when the event was first delivered */
  redelivered: number;
  /** rows that cannot be imported as they are */
  rejected: number;
  /** tasks of the items that were imported or reset */
  tasks: number;
}

/** All counts at zero. */
export function noCounts(): Counts {
  return {
    imported: 0,
    reset: 0,
    changed: 0,
    skipped: 0,
    skippedDifferent: 0,
    locked: 0,
    redelivered: 0,
    rejected: 0,
    tasks: 0,
    ...noTally(),
  };
}

/** A row that a person should check, as listed in the report. A row with several problems has one entry per problem. */
export interface ReportRow {
  line: number;
  outcome: "rejected" | "different" | "locked";
  itemID?: string;
  field?: string;
  expected?: string;
  found?: string;
  message: string;
}

/** Records the outcome of an import: counts in memory, report entries and rejected rows on disk. */
export class Ledger {
  readonly counts: Counts;
  /** report entries, as the contents of a JSON list without its brackets */
  readonly entries: Spool;
  /** the rejected rows, verbatim */
  readonly rows: Spool;
  /** lines of a sample sheet that are already among the rejected rows: one line may make several items */
  readonly #kept = new Set<number>();

  constructor(entries: Spool, rows: Spool, counts: Counts = noCounts()) {
    this.entries = entries;
    this.rows = rows;
    this.counts = counts;
  }

  /** Records a rejected row. Returns a promise only if the caller must wait before the next one. */
  reject(record: TaskRecord, problems: readonly Problem[]): Promise<void> | undefined {
    this.counts.rejected++;
    const itemID = itemIdOf(record);
    let busy: Promise<void> | undefined;
    for (const { field, expected, found, hint } of problems) {
      // otherwise most of the time would go into formatting entries that no longer fit
      if (this.entries.isFull) this.entries.leaveOut();
      else {
        const wait = this.#enter({
          line: record.line,
          outcome: "rejected",
          ...(itemID !== undefined && { itemID }),
          field,
          expected,
          found,
          message: problemMessage(record.line, { field, expected, found, ...(hint && { hint }) }),
        });
        busy = wait ?? busy;
      }
    }
    const kept = this.#isKept(record) ? undefined : record.raw && this.rows.add(record.raw, "\n");
    return busy && kept ? Promise.all([busy, kept]).then(() => {}) : (busy ?? kept);
  }

  #isKept({ line, number, raw }: TaskRecord): boolean {
    if (number === undefined || raw === undefined) return false;
    if (this.#kept.has(line)) return true;
    this.#kept.add(line);
    return false;
  }

  note(line: number, outcome: "different" | "locked", itemID: string, what: string): Promise<void> | undefined {
    return this.#enter({ line, outcome, itemID, message: `line ${line}: ${what}` });
  }

  #enter(row: ReportRow): Promise<void> | undefined {
    return this.entries.add(this.entries.entries === 0 ? "" : ",\n", JSON.stringify(row));
  }
}

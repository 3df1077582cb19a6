import type { Table } from "../../../lib/table.ts";
import type { Call, MemoryStore, Row } from "./store.ts";

/** A process that works on the table. */
export interface Process {
  name: string;
  /** what it does; a worker is told what to do next, again and again, by `offers` */
  run(table: Table, process: Running): Promise<void>;
  /** starts over if it dies, like an event that is delivered again */
  repeats?: boolean;
}

/** What a process sees of its run. */
export interface Running {
  /** the table, for access that does not count as a call */
  store: MemoryStore;
  /** waits until one of the offers is chosen; never returns if nothing more can be chosen */
  choose<T extends string>(offers: () => T[]): Promise<T>;
}

/** What may happen besides continuing a process. */
export interface Budget {
  /** how many processes may die */
  deaths?: number;
  /** how many replies to writes may be lost: the SDK resends such a write */
  lostReplies?: number;
}

/** A call that was made, with the row that it wrote. */
export interface CallEvent {
  process: string;
  call: Call;
  before: Row | undefined;
  after: Row | undefined;
  /** number of the call */
  at: number;
  store: MemoryStore;
}

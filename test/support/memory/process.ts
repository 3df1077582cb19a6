import type { Table } from "../../../lib/table.ts";
import type { Call, MemoryStore, Row } from "./store.ts";

/** One who works on the table. */
export interface Process {
  name: string;
  /** what it does; a worker is told what to do, again and again, by `offers` */
  run(table: Table, process: Running): Promise<void>;
  /** begins again from the start if it dies, as an event that is delivered again */
  repeats?: boolean;
}

/** What a process sees of its run. */
export interface Running {
  /** the table without calls */
  store: MemoryStore;
  /** waits until one of what is offered is chosen; never returns if there is nothing more */
  choose<T extends string>(offers: () => T[]): Promise<T>;
}

/** What may be done besides going on with a process. */
export interface Budget {
  /** how many deaths there may be */
  deaths?: number;
  /** how many replies to writes may be lost: the SDK sends such a write again */
  lostReplies?: number;
}

/** A call that was made, with the row that it wrote. */
export interface CallEvent {
  process: string;
  call: Call;
  before: Row | undefined;
  after: Row | undefined;
  /** counts calls */
  at: number;
  store: MemoryStore;
}

import type { Settings } from "../store/settings.ts";
import type { Table } from "../table.ts";
import { type AskBatch, type WorkersNow, workersNow } from "./workers.ts";

/** What all parts of an explanation need to know, read once. */
export class View {
  readonly table: Table;
  readonly settings: Settings;
  readonly nowMs: number;
  readonly batch: AskBatch | undefined;
  #workers: Promise<WorkersNow> | undefined;

  private constructor(table: Table, settings: Settings, batch: AskBatch | undefined) {
    this.table = table;
    this.settings = settings;
    this.nowMs = table.now();
    this.batch = batch;
  }

  static async of(table: Table, batch?: AskBatch): Promise<View> {
    return new View(table, await table.settings.get(0), batch);
  }

  /** Reads them only if an item is waiting for a worker. */
  workers(): Promise<WorkersNow> {
    this.#workers ??= workersNow(this.table, this.settings, this.batch);
    return this.#workers;
  }
}

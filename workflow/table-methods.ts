import type { AutoscalingNow, Scaled } from "../lib/autoscaling/read.ts";
import type { AutoscalingSet } from "../lib/autoscaling/set.ts";
import type { TableUpgrade } from "../lib/depend/upgrade-table.ts";
import type { MigrateOptions, MigrateReport } from "../lib/migrate/migrate-from.ts";
import type { TableCheck } from "../lib/tables/check-table.ts";
import type { ListedTable } from "../lib/tables/list-tables.ts";
import type { CapacityNow } from "../lib/tables/table-capacity.ts";
import type { WantedAutoscaling, WantedCapacity } from "./capacity.ts";
import { Clients, type WorkflowOptions } from "./clients.ts";

/** How long to wait for DynamoDB to change a table. */
type Patience = { timeoutMs?: number };

/** The methods of a {@link Workflow} that deal with its table as a whole. */
export class TableMethods {
  /** the table, the bucket and the clients for them */
  protected readonly at: Clients;

  constructor(options: WorkflowOptions = {}) {
    this.at = new Clients(options);
  }

  /** Closes the connections; requests under way fail. */
  close(): void {
    this.at.close();
  }

  /** The name of the table in use. */
  get table(): string {
    return this.at.table.name;
  }

  /** Switches to another table of the region. */
  useTable(name: string): this {
    this.at.useTable(name);
    return this;
  }

  /** Creates the table if it does not exist, and waits until it can be used. */
  async createTable(options: { shards?: number } & Patience = {}): Promise<"created" | "existed"> {
    const { createTable } = await import("../lib/tables/create-table.ts");
    const outcome = await createTable(this.at.dynamo, this.table, options);
    this.useTable(this.table); // what is cached about an earlier table of that name is out of date
    return outcome;
  }

  /** Compares the table with what anamo needs. */
  async checkTable(): Promise<TableCheck> {
    const { checkTable } = await import("../lib/tables/check-table.ts");
    return checkTable(this.at.dynamo, this.table);
  }

  /** Adds what a table from an earlier version lacks; workers can keep running. */
  async upgradeTable(): Promise<TableUpgrade> {
    const { upgradeTable } = await import("../lib/depend/upgrade-table.ts");
    return upgradeTable(this.at.table);
  }

  /** Deletes the table with everything in it, without asking, and waits until it is gone. */
  async deleteTable(options: Patience = {}): Promise<"deleted" | "missing"> {
    const { deleteTable } = await import("../lib/tables/delete-table.ts");
    return deleteTable(this.at.dynamo, this.table, options);
  }

  /** All tables of the account and region. */
  async *listTables(): AsyncGenerator<ListedTable> {
    const { listTables } = await import("../lib/tables/list-tables.ts");
    yield* listTables(this.at.dynamo);
  }

  /** The capacity that the table and its index are set to, and their autoscaling, if that is known. */
  async capacity(): Promise<CapacityNow & AutoscalingNow> {
    const { capacityNow } = await import("./capacity.ts");
    return capacityNow(this.at);
  }

  /** Sets the capacity of the table and its index, and waits until it is in effect. */
  async setCapacity(wanted: WantedCapacity, options: Patience = {}): Promise<{ changed: boolean; now: CapacityNow }> {
    const { changeCapacity } = await import("./capacity.ts");
    return changeCapacity(this.at, wanted, options);
  }

  /** The autoscaling of the table, which need not exist any more. Throws a ScalingError if that cannot be read. */
  async autoscaling(): Promise<Scaled[]> {
    const { scalersOf } = await import("./others.ts");
    const { readScaled } = await import("../lib/autoscaling/read.ts");
    return readScaled(scalersOf(this.at), this.table);
  }

  /**
   * Turns on autoscaling of the table and its index between two capacities; an on-demand table first gets the lower
   * one.
   */
  async autoscale(wanted: WantedAutoscaling, options: Patience = {}): Promise<AutoscalingSet> {
    const { changeAutoscaling } = await import("./capacity.ts");
    return changeAutoscaling(this.at, wanted, options);
  }

  /** Turns off autoscaling; capacities stay as they are. Returns what was scaled. */
  async endAutoscaling(): Promise<Scaled[]> {
    const { scalersOf } = await import("./others.ts");
    const { endAutoscaling } = await import("../lib/autoscaling/set.ts");
    return endAutoscaling(scalersOf(this.at), this.table);
  }

  /** Copies the items of a PyAnamo table; changes nothing in that table. */
  async migrateFrom(oldTable: string, options: MigrateOptions = {}): Promise<MigrateReport> {
    const { migrateFrom } = await import("../lib/migrate/migrate-from.ts");
    return migrateFrom({ client: this.at.dynamo, table: this.at.table }, oldTable, options);
  }
}

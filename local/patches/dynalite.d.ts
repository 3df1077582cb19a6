declare module "dynalite" {
  import type { Server } from "node:http";
  export interface DynaliteOptions {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
    maxItemSizeKb?: number;
  }
  export default function dynalite(options?: DynaliteOptions): Server;
}

declare module "dynalite/db/index.js" {
  import type { Readable } from "node:stream";
  import type { DynaliteOptions } from "dynalite";
  export type Done = (error?: Error | null) => void;
  export type Write = { type: "put"; key: string; value: unknown } | { type: "del"; key: string };
  export interface Values {
    nextv(size: number): Promise<unknown[]>;
    close(): Promise<void>;
  }
  export interface Level {
    open(): Promise<void>;
    close(): Promise<void>;
    get(key: string): Promise<Table>;
    get(key: string, done: (error: Error | null, value?: unknown) => void): void;
    getSync(key: string): unknown;
    keys(range?: object): Values;
    values(range?: object): Values;
    createKeyStream(range?: object): Readable;
    createValueStream(range?: object): Readable;
    iterator(range: { gte: string; lt: string }): AsyncIterable<[key: string, table: Table]>;
    clear(range: { gte: string; lt: string }): Promise<void>;
    put(key: string, value: unknown, done: Done): void;
    del(key: string, done: Done): void;
    batch(writes: Write[], done: Done): void;
  }
  export interface Store {
    db: Level;
  }
  export interface IndexSchema {
    IndexName: string;
  }
  export interface Table extends TableSchema {
    TableStatus: string;
  }
  export interface TableSchema {
    TableName: string;
    GlobalSecondaryIndexes?: IndexSchema[];
    LocalSecondaryIndexes?: IndexSchema[];
  }
  const db: {
    create(options: DynaliteOptions): Store;
    updateIndexes(store: Store, table: TableSchema, oldRow: unknown, newRow: unknown, done: Done): void;
    getIndexActions(
      indexes: IndexSchema[],
      oldRow: unknown,
      newRow: unknown,
      table: TableSchema,
    ): { puts: { index: string; key: string; item: unknown }[]; deletes: { index: string; key: string }[] };
  };
  export default db;
}

declare module "dynalite/db/updateParser.js" {
  /**
   * The context for parsing an expression. Names and values that the expression uses are removed from the unused ones.
   */
  export interface Context {
    attrNames?: Record<string, string>;
    attrVals?: Record<string, object>;
    unusedAttrNames: Record<string, true>;
    unusedAttrVals: Record<string, true>;
    isKeyCondition?: boolean;
  }
  export interface Parser {
    parse(text: string, options: { context: Context }): unknown;
  }
  const parser: Parser;
  export default parser;
}

declare module "dynalite/db/conditionParser.js" {
  export { default } from "dynalite/db/updateParser.js";
}

declare module "dynalite/validations/index.js" {
  import type { Store } from "dynalite/db/index.js";

  const checks: {
    checkTypes(data: unknown, types: object): unknown;
    checkValidations(data: unknown, types: object, custom: unknown, store: Store): void;
  };
  export default checks;
}

declare module "dynalite/validations/*" {
  const check: { types: object; custom: unknown };
  export default check;
}

declare module "dynalite/actions/*" {
  import type { Store } from "dynalite/db/index.js";

  const act: (store: Store, data: unknown, done: (error: unknown, result?: unknown) => void) => void;
  export default act;
}

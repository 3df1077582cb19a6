import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { chunksOf } from "../lib/flow/chunks-of.ts";
import type { Counts } from "../lib/import/ledger.ts";
import { IMPORTS } from "../lib/import/names.ts";
import { s3Client } from "../lib/s3-client.ts";
import { ATTR } from "../lib/store/attributes.ts";
import { ROWS_A_READ, readItemRows } from "../lib/store/read-rows.ts";
import type { Table } from "../lib/table.ts";
import type { ChaosStack } from "./stack.ts";
import { filesOf, itemsOf, type PlannedItem, type RoundFile, taskKeys } from "./workload.ts";

/** If fewer items than this are left, reads their rows: the end of an item may not have been observed. */
const FEW = 200;
const LOOK_MS = 1_500;
/** How long to wait for the reports of imports whose items have ended. */
const REPORT_MS = 120_000;

export interface RoundsOptions {
  seed: number;
  /** items per round */
  items: number;
  /** how many tasks a nested item has at most */
  tasks: number;
  /** the time over which its files are dropped */
  spreadMs: number;
  taskSeconds: number;
  bucket: string;
  stack: ChaosStack;
  table: Table;
  ledger: string;
}

/** The items of one round, dropped into the bucket as task files. */
export class Round {
  readonly number: number;
  readonly items: readonly PlannedItem[];
  readonly #left: Set<string>;
  readonly #options: RoundsOptions;
  #files: readonly RoundFile[] = [];
  #changedAtMs = performance.now();
  #lookedAtMs = 0;

  constructor(number: number, options: RoundsOptions) {
    this.number = number;
    this.#options = options;
    this.items = itemsOf(options.seed, number, options);
    this.#left = new Set(this.items.map(({ itemId }) => itemId));
  }

  /** How many items have not ended. */
  get left(): number {
    return this.#left.size;
  }

  /** How long ago an item last ended. */
  get quietMs(): number {
    return performance.now() - this.#changedAtMs;
  }

  /** Records that an item has ended. */
  readonly ended = (itemId: string): void => {
    if (this.#left.delete(itemId)) this.#changedAtMs = performance.now();
  };

  /** Drops the round's files into the bucket, whatever happens to the stack in the meantime. */
  async drop(): Promise<void> {
    const { stack, bucket, taskSeconds, spreadMs } = this.#options;
    const rowsAFile = Math.max(10, Math.ceil(this.items.length / 8));
    this.#files = filesOf(this.items, { round: this.number, taskSeconds, rowsAFile });
    for (const { step, name, text } of this.#files) {
      const put = { Bucket: bucket, Key: `${IMPORTS}${step}/${name}`, Body: text };
      for (let isThere = false; !isThere; ) {
        const s3 = s3Client(await stack.up());
        isThere = await s3.send(new PutObjectCommand(put)).then(
          () => true,
          () => delay(300, false),
        );
        s3.destroy();
      }
      await delay(spreadMs / this.#files.length);
    }
  }

  /** Reads the rows of the last items that seem to be left. */
  async look(): Promise<void> {
    if (this.left === 0 || performance.now() - this.#lookedAtMs < LOOK_MS) return;
    if (this.left > FEW && this.quietMs < 10_000) return;
    this.#lookedAtMs = performance.now();
    for (const chunk of chunksOf([...this.#left], ROWS_A_READ)) {
      // the store may be down; the next look finds them
      const rows = await readItemRows(this.#options.table, chunk).catch(() => []);
      for (const row of rows) {
        if (row[ATTR.state] === "done" || row[ATTR.state] === "failed") this.ended(String(row[ATTR.itemId]));
      }
    }
  }

  /**
   * Problems with the reports of the round's imports: each report must exist and account for every row. An event that
   * is delivered again replaces a report, but the rows are the same.
   */
  async reportProblems(): Promise<string[]> {
    const problems: string[] = [];
    const giveUpAtMs = performance.now() + REPORT_MS;
    for (const { step, name, rows } of this.#files) {
      const key = `reports/imports/${step}/${name}.json`;
      let found = await this.#accounted(key);
      for (; found === undefined && performance.now() < giveUpAtMs; found = await this.#accounted(key))
        await delay(500);
      if (found !== rows)
        problems.push(`${key}: ${rows} rows, of which it accounts for ${found ?? "none: it is missing"}`);
    }
    return problems;
  }

  /** How many rows a report accounts for; undefined if it does not exist. */
  async #accounted(key: string): Promise<number | undefined> {
    const s3 = s3Client(await this.#options.stack.up());
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: this.#options.bucket, Key: key }));
      const { imported, reset, skipped, rejected } = JSON.parse((await Body?.transformToString()) ?? "{}") as Counts;
      return imported + reset + skipped + rejected;
    } catch {
      return undefined;
    } finally {
      s3.destroy();
    }
  }

  /** Removes what its tasks wrote. */
  async forget(): Promise<void> {
    for (const item of this.items) {
      for (const taskKey of taskKeys(item)) {
        const path = join(this.#options.ledger, `${item.itemId}.${taskKey}`);
        for (const suffix of ["", ".result", ".failed", ".hung"]) await rm(path + suffix, { force: true });
      }
    }
  }
}

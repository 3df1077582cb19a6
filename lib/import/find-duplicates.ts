import { setTimeout as sleep } from "node:timers/promises";
import { BatchGetCommand } from "@aws-sdk/lib-dynamodb";
import { importIdOf } from "../changes/add.ts";
import { ATTR } from "../store/attributes.ts";
import { ITEM_ROW } from "../store/schema.ts";
import { checkRow } from "../taskfile/check-row.ts";
import type { TaskRecord } from "../taskfile/open.ts";
import { shown } from "../taskfile/problem.ts";
import type { RowContext } from "./add-rows.ts";
import type { Ledger } from "./ledger.ts";

/** Most keys that BatchGetItem takes. */
const BATCH = 100;
/** How many itemIDs are remembered, to find those that repeat; of longer files the rest is found when rows are added. */
const REMEMBERED = 200_000;

/** The first pass of an import with on-duplicate `fail`: adds nothing, finds the itemIDs that are there already. */
export class DuplicateFinder {
  readonly #context: RowContext;
  readonly #ledger: Ledger;
  readonly #lines = new Map<string, number>();
  #batch = new Map<string, TaskRecord>();

  constructor(context: RowContext, ledger: Ledger) {
    this.#context = context;
    this.#ledger = ledger;
  }

  async take(record: TaskRecord): Promise<void> {
    const { nestedDelimiter, defaultStep } = this.#context;
    // rows with other faults stop nothing: the second pass says what is wrong with them
    const { item } = record.problem ? {} : checkRow(record.fields, nestedDelimiter, defaultStep);
    if (!item) return;
    // a copy: the id is a part of the row's text, which would be kept whole
    const itemId = Buffer.from(item.itemId).toString();
    const line = this.#lines.get(itemId) ?? this.#batch.get(itemId)?.line;
    if (line !== undefined) return this.#duplicate(record, itemId, `as on line ${line}`);
    if (this.#lines.size < REMEMBERED) this.#lines.set(itemId, record.line);
    this.#batch.set(itemId, record);
    if (this.#batch.size >= BATCH) await this.drain();
  }

  /** Looks up those that have been taken, but not looked up yet. */
  async drain(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Map();
    const { table, importId, wait = sleep } = this.#context;
    let keys = [...batch.keys()].map((itemID) => ({ itemID, taskKey: ITEM_ROW }));
    for (let tries = 0; keys.length > 0; tries++) {
      if (tries > 0) await wait(table.random() * Math.min(5_000, 50 * 2 ** tries));
      const reply = await table.db.send(
        new BatchGetCommand({
          RequestItems: {
            [table.name]: {
              Keys: keys,
              ConsistentRead: true,
              ProjectionExpression: "#itemID, #Source, #Step",
              ExpressionAttributeNames: { "#itemID": ATTR.itemId, "#Source": ATTR.source, "#Step": ATTR.step },
            },
          },
        }),
      );
      for (const row of reply.Responses?.[table.name] ?? []) {
        const itemId = String(row[ATTR.itemId]);
        const record = batch.get(itemId);
        const source = typeof row[ATTR.source] === "string" ? row[ATTR.source] : undefined;
        // added by an earlier delivery of this very file
        if (!record || importIdOf(source) === importId) continue;
        await this.#duplicate(record, itemId, `in step ${shown(String(row[ATTR.step]))}`);
      }
      keys = (reply.UnprocessedKeys?.[table.name]?.Keys ?? []) as typeof keys;
    }
  }

  async #duplicate(record: TaskRecord, itemId: string, where: string): Promise<void> {
    const expected = "one that is not there yet (on-duplicate is fail)";
    await this.#ledger.reject(record, [{ field: "itemID", expected, found: `${shown(itemId)} ${where}` }]);
  }
}

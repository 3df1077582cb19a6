import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { ATTR } from "./attributes.ts";

/** The one index; keys.ts describes its keys. */
export const STATE_INDEX = "StateIndex";

/** What the index holds besides the keys: only what lists and the summary need; nothing that a heartbeat writes. */
const INDEX_ATTRIBUTES = [ATTR.taskId, ATTR.step, ATTR.nestedTasks, ATTR.tasksDone, ATTR.cause, ATTR.exitCode] as const;

/** `taskKey` of an item's own row. */
export const ITEM_ROW = "-";
/** The prefix of the `taskKey` of rows that hold scripts. Each such row holds the scripts of many tasks. */
export const SCRIPTS_PREFIX = "TaskScripts_";
/** The prefix that the `taskKey`s of both kinds of row share. Rows with scripts sort first. */
export const TASKS_PREFIX = "Task";

/** Key of the settings row. No item has this taskKey, so an item may be called `#settings`. */
export const SETTINGS_KEY = { [ATTR.itemId]: "#settings", [ATTR.taskKey]: "settings" } as const;

/** The input of CreateTable: on demand, one index. */
export function tableSchema(tableName: string): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: ATTR.itemId, AttributeType: "S" },
      { AttributeName: ATTR.taskKey, AttributeType: "S" },
      { AttributeName: ATTR.stateKey, AttributeType: "S" },
      { AttributeName: ATTR.stateSort, AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: ATTR.itemId, KeyType: "HASH" },
      { AttributeName: ATTR.taskKey, KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: STATE_INDEX,
        KeySchema: [
          { AttributeName: ATTR.stateKey, KeyType: "HASH" },
          { AttributeName: ATTR.stateSort, KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...INDEX_ATTRIBUTES] },
      },
    ],
  };
}

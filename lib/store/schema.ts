import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { ATTR } from "./attributes.ts";

/** The one index; keys.ts says what its keys hold. */
export const STATE_INDEX = "StateIndex";

/** What the index holds besides the keys: only what lists and the summary need, and nothing that a heartbeat writes. */
const INDEX_ATTRIBUTES = [ATTR.taskId, ATTR.step, ATTR.nestedTasks, ATTR.tasksDone, ATTR.cause, ATTR.exitCode] as const;

/** `taskKey` of an item's own row. */
export const ITEM_ROW = "-";
/** How the `taskKey` of rows with scripts starts; each row holds the scripts of many tasks. */
export const SCRIPTS_PREFIX = "TaskScripts_";
/** How the `taskKey` of both kinds starts; rows with scripts come first. */
export const TASKS_PREFIX = "Task";

/** Key of the settings row. No item has this taskKey, so an item may be called `#settings`. */
export const SETTINGS_KEY = { [ATTR.itemId]: "#settings", [ATTR.taskKey]: "settings" } as const;

/** The table as CreateTable takes it: on demand, one index. */
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

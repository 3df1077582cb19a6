import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";

/** The one index: see {@link import("./keys.ts")} for what its keys hold. */
export const STATE_INDEX = "StateIndex";

/** Stored names of the key attributes. */
export const KEY = { itemId: "itemID", taskKey: "taskKey", stateKey: "StateKey", stateSort: "StateSort" } as const;

/** What the index holds beside the keys: as little as lists and the summary need, and nothing that a heartbeat writes. */
export const INDEX_ATTRIBUTES = ["taskID", "Step", "Nested_Tasks", "Tasks_Done", "Cause", "ExitCode"] as const;

/** `taskKey` of an item's own row. */
export const ITEM_ROW = "-";
/** What the `taskKey` of every nested task starts with. */
export const TASK_PREFIX = "Task_";
/** What the `taskKey` of the rows starts with that hold the scripts of an item's tasks, many on each. */
export const SCRIPTS_PREFIX = "TaskScripts_";
/** What both start with; the scripts come first. */
export const TASKS_PREFIX = "Task";

/** Keys of the settings row. No item has such a taskKey, so an item that is called `#settings` is no trouble. */
export const SETTINGS_KEY = { itemID: "#settings", taskKey: "settings" } as const;

/** The table as CreateTable takes it: on demand, one index. */
export function tableSchema(tableName: string): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: KEY.itemId, AttributeType: "S" },
      { AttributeName: KEY.taskKey, AttributeType: "S" },
      { AttributeName: KEY.stateKey, AttributeType: "S" },
      { AttributeName: KEY.stateSort, AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: KEY.itemId, KeyType: "HASH" },
      { AttributeName: KEY.taskKey, KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: STATE_INDEX,
        KeySchema: [
          { AttributeName: KEY.stateKey, KeyType: "HASH" },
          { AttributeName: KEY.stateSort, KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...INDEX_ATTRIBUTES] },
      },
    ],
  };
}

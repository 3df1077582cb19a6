import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { ATTR } from "./attributes.ts";

/** The one index; keys.ts says what its keys hold. */
export const STATE_INDEX = "StateIndex";

/** What the index holds beside the keys: as little as lists and the summary need, and nothing that a heartbeat writes. */
export const INDEX_ATTRIBUTES = [
  ATTR.taskId,
  ATTR.step,
  ATTR.nestedTasks,
  ATTR.tasksDone,
  ATTR.cause,
  ATTR.exitCode,
] as const;

/** `taskKey` of an item's own row. */
export const ITEM_ROW = "-";
/** What the `taskKey` of the rows starts with that hold the scripts of an item's tasks, many on each. */
export const SCRIPTS_PREFIX = "TaskScripts_";
/** What both start with; the scripts come first. */
export const TASKS_PREFIX = "Task";

/** Keys of the settings row. No item has such a taskKey, so an item that is called `#settings` is no trouble. */
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

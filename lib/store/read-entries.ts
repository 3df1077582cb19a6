import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { RowError } from "../errors.ts";
import type { ItemEntry } from "../items/item.ts";
import { CAUSES } from "../items/states.ts";
import { ATTR } from "./attributes.ts";
import { parseStateKey, parseStateSort } from "./keys.ts";
import { hasLongScript } from "./rows.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * Reads entries of one partition of the index in their stored form. Thousands come per second, so the parts they share
 * are parsed once, without intermediate objects. Throws RowError for an entry that anamo did not write.
 */
export function readEntries(stateKey: string, stored: readonly Attributes[]): ItemEntry[] {
  const partition = parseStateKey(stateKey);
  return stored.map((attributes) => {
    const stateSort = text(attributes, ATTR.stateSort);
    const tasks = number(attributes, ATTR.nestedTasks);
    const tasksDone = number(attributes, ATTR.tasksDone);
    const entry: ItemEntry = {
      itemId: text(attributes, ATTR.itemId),
      taskId: text(attributes, ATTR.taskId),
      step: partition.step ?? text(attributes, ATTR.step),
      state: partition.state,
      nestedTasks: tasks ?? 0,
      tasksDone: tasksDone ?? 0,
      stateSort,
    };
    const cause = CAUSES.find((known) => known === attributes[ATTR.cause]?.S);
    if (cause !== undefined) entry.cause = cause;
    const exitCode = number(attributes, ATTR.exitCode);
    if (exitCode !== undefined) entry.exitCode = exitCode;
    if (hasLongScript(tasks, tasksDone, exitCode)) entry.longScript = true;
    return Object.assign(entry, parseStateSort(partition, stateSort));
  });
}

function text(attributes: Attributes, name: string): string {
  return attributes[name]?.S ?? unlike(attributes, name, "text");
}

function number(attributes: Attributes, name: string): number | undefined {
  const value = attributes[name];
  if (value === undefined) return undefined;
  return value.N === undefined ? unlike(attributes, name, "a number") : Number(value.N);
}

function unlike(attributes: Attributes, name: string, expected: string): never {
  const [found = "nothing"] = Object.keys(attributes[name] ?? {});
  throw new RowError(
    `row ${JSON.stringify(attributes[ATTR.itemId]?.S)}: ${name} should be ${expected}, found ${found}`,
  );
}

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { RowError } from "../errors.ts";
import type { ItemEntry } from "../items/item.ts";
import { CAUSES } from "../items/states.ts";
import { parseStateKey, parseStateSort } from "./keys.ts";
import { A } from "./rows.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * Reads entries of one partition of the index as they are stored: thousands a second, so that what all have in common is
 * read once, and nothing is made of them in between. Throws RowError for one that somebody has spoilt.
 */
export function readEntries(stateKey: string, stored: readonly Attributes[]): ItemEntry[] {
  const partition = parseStateKey(stateKey);
  return stored.map((attributes) => {
    const stateSort = text(attributes, A.stateSort);
    const entry: ItemEntry = {
      itemId: text(attributes, A.itemId),
      taskId: text(attributes, A.taskId),
      step: partition.step ?? text(attributes, A.step),
      state: partition.state,
      nestedTasks: number(attributes, A.nestedTasks) ?? 0,
      tasksDone: number(attributes, A.tasksDone) ?? 0,
      stateSort,
    };
    const cause = CAUSES.find((known) => known === attributes[A.cause]?.S);
    if (cause !== undefined) entry.cause = cause;
    const exitCode = number(attributes, A.exitCode);
    if (exitCode !== undefined) entry.exitCode = exitCode;
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
  throw new RowError(`row ${JSON.stringify(attributes[A.itemId]?.S)}: ${name} should be ${expected}, found ${found}`);
}

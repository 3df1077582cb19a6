import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** Capacity units used, as DynamoDB bills them. */
export interface Units {
  read: number;
  write: number;
  /** the part of `write` that the index used */
  index: number;
  requests: number;
}

interface Capacity {
  CapacityUnits?: number;
  GlobalSecondaryIndexes?: Record<string, { CapacityUnits?: number }>;
}

/**
 * Counts the units of all requests that a client sends from now on, by `ReturnConsumedCapacity`. dynalite does not
 * count index writes, so they are added by DynamoDB's rule (developer guide, GSI): a new entry 1, a changed key 2, only
 * a changed projected attribute 1. The counts of servers that include them are used as they are.
 */
export function meter(client: DynamoDBClient): { units: Units; reset(): void } {
  const units: Units = { read: 0, write: 0, index: 0, requests: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = String(context.commandName).replace("Command", "");
      const input = { ...(args.input as object), ReturnConsumedCapacity: "INDEXES" } as Record<string, unknown>;
      units.requests++;
      try {
        const result = await next({ ...args, input });
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Capacity | Capacity[] };
        const consumed = Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity ?? {}];
        const sum = consumed.reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0);
        if (isRead(command)) units.read += sum;
        else {
          const told = consumed.some(({ GlobalSecondaryIndexes }) => GlobalSecondaryIndexes !== undefined);
          const index = told ? indexUnits(consumed) : byRule(command, input);
          units.index += index;
          units.write += told ? sum : sum + index;
        }
        return result;
      } catch (error) {
        // a refused write of a row under 1 kB is billed one unit, and changes no index
        if (error instanceof Error && error.name === "ConditionalCheckFailedException") units.write++;
        throw error;
      }
    },
    { step: "initialize", name: "meter", priority: "high" },
  );
  return { units, reset: () => void Object.assign(units, { read: 0, write: 0, index: 0, requests: 0 }) };
}

function isRead(command: string): boolean {
  return ["GetItem", "Query", "BatchGetItem", "Scan"].includes(command);
}

function indexUnits(consumed: Capacity[]): number {
  const indexes = consumed.flatMap(({ GlobalSecondaryIndexes }) => Object.values(GlobalSecondaryIndexes ?? {}));
  return indexes.reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0);
}

function byRule(command: string, input: Record<string, unknown>): number {
  if (command === "PutItem") return "StateKey" in (input.Item as object) ? 1 : 0;
  const expression = String(input.UpdateExpression ?? "");
  if (/\bStateKey\b/.test(expression)) return 2;
  return /\bTasks_Done\b/.test(expression) ? 1 : 0;
}

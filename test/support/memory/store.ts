import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { holds, updated, type Values } from "./expressions.ts";

export type Row = Record<string, unknown>;

/** One call of the SDK: the name of its command, and its input with plain values. */
export interface Call {
  name: string;
  input: Input;
  /** whether rows and values of the input and the reply are plain, or as in DynamoDB's own client */
  isPlain: boolean;
}

interface Input {
  Key?: Row;
  Item?: Row;
  IndexName?: string;
  UpdateExpression?: string;
  ConditionExpression?: string;
  FilterExpression?: string;
  KeyConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Values;
  ReturnValues?: string;
  ScanIndexForward?: boolean;
  Limit?: number;
  Keys?: Row[];
  Items?: Row[];
}

/** Reads a command of either client. */
export function callOf(command: { constructor: { name: string }; input: object; clientCommand?: unknown }): Call {
  const name = command.constructor.name.replace(/Command$/, "");
  const isPlain = "clientCommand" in command;
  const raw = command.input as Record<string, unknown>;
  const plain = (row: unknown) => (isPlain ? (row as Row) : unmarshall(row as never)) as Row;
  const input: Input = { ...raw } as Input;
  for (const field of ["Key", "Item", "ExpressionAttributeValues"] as const)
    if (raw[field]) input[field] = plain(raw[field]);
  if (name === "BatchGet" || name === "BatchGetItem") {
    const [request] = Object.values(raw.RequestItems as Record<string, { Keys: Row[] }>);
    input.Keys = (request?.Keys ?? []).map(plain);
  }
  if (name === "BatchWrite" || name === "BatchWriteItem") {
    const [requests] = Object.values(raw.RequestItems as Record<string, { PutRequest: { Item: Row } }[]>);
    input.Items = (requests ?? []).map(({ PutRequest }) => plain(PutRequest.Item));
  }
  return { name, input, isPlain };
}

/**
 * A table of rows in memory, and a copy of them that serves as the index; with `lags`, the copy is updated only on
 * request. It is much faster than a server, and calls can be put in any order.
 */
export class MemoryStore {
  readonly rows = new Map<string, Row>();
  readonly listed = new Map<string, Row>();
  readonly name: string;
  lags = false;

  constructor(name = "memory") {
    this.name = name;
  }

  /** Carries out one call and returns the reply; throws what DynamoDB would. */
  run({ name, input, isPlain }: Call): unknown {
    const out = (row?: Row) => (row === undefined || isPlain ? row : marshall(row, { removeUndefinedValues: true }));
    switch (name) {
      case "GetItem":
        return { Item: out(this.rows.get(keyOf(input.Key ?? {}))) };
      case "PutItem":
      case "UpdateItem":
      case "DeleteItem": {
        const { old, next } = this.#write(name, input);
        const wanted = { ALL_OLD: old, ALL_NEW: next }[input.ReturnValues ?? ""];
        return { Attributes: out(wanted) };
      }
      case "BatchGet":
      case "BatchGetItem": {
        const found = (input.Keys ?? []).flatMap((key) => this.rows.get(keyOf(key)) ?? []);
        return { Responses: { [this.name]: found.map((row) => out(row as Row)) } };
      }
      case "BatchWrite":
      case "BatchWriteItem":
        for (const row of input.Items ?? []) this.#set(keyOf(row), row);
        return {};
      case "Query":
        return { Items: this.#query(input).map((row) => out(row)) };
      default:
        throw new Error(`the store in memory does not know ${name}`);
    }
  }

  /** Brings the index up to date for one row, or for all. */
  catchUp(key?: string): void {
    for (const one of key === undefined ? this.behind() : [key]) {
      const row = this.rows.get(one);
      if (row) this.listed.set(one, row);
      else this.listed.delete(one);
    }
  }

  /** The keys of the rows for which the index is out of date. */
  behind(): string[] {
    return [...new Set([...this.rows.keys(), ...this.listed.keys()])].filter(
      (key) =>
        this.rows.get(key) !== this.listed.get(key) && (this.rows.get(key) ?? this.listed.get(key))?.taskKey === "-",
    );
  }

  #write(name: string, input: Input): { old: Row | undefined; next: Row | undefined } {
    const key = keyOf(input.Key ?? input.Item ?? {});
    const old = this.rows.get(key);
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
    if (!holds(input.ConditionExpression, { row: old ?? {}, names, values })) {
      throw new ConditionalCheckFailedException({
        message: "The conditional request failed",
        $metadata: { attempts: 1 },
        ...(old && { Item: marshall(old, { removeUndefinedValues: true }) }),
      });
    }
    const next =
      name === "DeleteItem"
        ? undefined
        : name === "PutItem"
          ? input.Item
          : updated(input.UpdateExpression ?? "", { row: old ?? { ...input.Key }, names, values });
    this.#set(key, next);
    return { old, next };
  }

  #set(key: string, row: Row | undefined): void {
    if (row) this.rows.set(key, row);
    else this.rows.delete(key);
    if (!this.lags) this.catchUp(key);
  }

  #query(input: Input): Row[] {
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {}, IndexName, Limit } = input;
    const from = IndexName === undefined ? this.rows : this.listed;
    const sort = IndexName === undefined ? "taskKey" : "StateSort";
    const found = [...from.values()].filter((row) => holds(input.KeyConditionExpression, { row, names, values }));
    found.sort((a, b) => (String(a[sort]) < String(b[sort]) ? -1 : 1));
    if (input.ScanIndexForward === false) found.reverse();
    const page = found.slice(0, Limit).filter((row) => holds(input.FilterExpression, { row, names, values }));
    return page;
  }
}

function keyOf({ itemID, taskKey }: Row): string {
  return `${String(itemID)}\n${String(taskKey)}`;
}

import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/* DynamoDB's JSON equals what the SDK's commands take and return, except that it holds bytes as base64 text. */

type Values = Record<string, AttributeValue>;
type Binary = Extract<AttributeValue, { B: Uint8Array }>["B"];

/** Fields of commands and replies that hold attribute values. */
const FIELDS = ["Key", "Item", "ExpressionAttributeValues", "Attributes"] as const;

/** The JSON of a command's input. */
export function toJson(input: object): string {
  return JSON.stringify(mapped(input, toBase64));
}

/** A reply's JSON in the form that the SDK returns. */
export function fromJson(text: string): Record<string, unknown> {
  const reply = JSON.parse(text) as Record<string, unknown>;
  // parsing is fast, visiting every value is slow; a false match only costs the visit
  return text.includes('"B":') || text.includes('"BS":') ? mapped(reply, toBytes) : reply;
}

function mapped<T extends object>(fields: T, change: (bytes: Binary) => unknown): T {
  const result = { ...fields } as Record<string, unknown>;
  for (const name of FIELDS) {
    if (result[name]) result[name] = mappedValues(result[name] as Values, change);
  }
  if (Array.isArray(result.Items)) result.Items = result.Items.map((row: Values) => mappedValues(row, change));
  return result as T;
}

function mappedValues(values: Values, change: (bytes: Binary) => unknown): Values {
  let result = values;
  for (const name in values) {
    const before = values[name] as AttributeValue;
    const after = mappedValue(before, change);
    if (after === before) continue;
    if (result === values) result = { ...values };
    result[name] = after;
  }
  return result;
}

function mappedValue(value: AttributeValue, change: (bytes: Binary) => unknown): AttributeValue {
  if (value.S !== undefined || value.N !== undefined) return value;
  if (value.B !== undefined) return { B: change(value.B) as Binary };
  if (value.BS !== undefined) return { BS: value.BS.map((bytes) => change(bytes) as Binary) };
  if (value.M !== undefined) return { M: mappedValues(value.M, change) };
  if (value.L !== undefined) return { L: value.L.map((one) => mappedValue(one, change)) };
  return value;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function toBytes(text: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(text), "base64"));
}

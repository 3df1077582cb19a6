/** The first half of a batch, which is sent on, and what the reply then says about the rest. */
export interface Partial {
  body: Buffer;
  field: "UnprocessedKeys" | "UnprocessedItems";
  rest: Record<string, unknown>;
}

interface Batch {
  RequestItems: Record<string, unknown[] | { Keys: unknown[] }>;
}

/** Splits BatchGetItem and BatchWriteItem; undefined for other operations and for batches of one. */
export function holdBack(operation: string, body: Buffer): Partial | undefined {
  if (operation !== "BatchGetItem" && operation !== "BatchWriteItem") return undefined;
  const batch = JSON.parse(body.toString()) as Batch;
  const sent: Batch["RequestItems"] = {};
  const rest: Batch["RequestItems"] = {};
  for (const [table, wanted] of Object.entries(batch.RequestItems)) {
    const list = Array.isArray(wanted) ? wanted : wanted.Keys;
    const half = Math.ceil(list.length / 2);
    const as = (part: unknown[]) => (Array.isArray(wanted) ? part : { ...wanted, Keys: part });
    sent[table] = as(list.slice(0, half));
    if (half < list.length) rest[table] = as(list.slice(half));
  }
  if (Object.keys(rest).length === 0) return undefined;
  const field = operation === "BatchGetItem" ? "UnprocessedKeys" : "UnprocessedItems";
  return { body: Buffer.from(JSON.stringify({ ...batch, RequestItems: sent })), field, rest };
}

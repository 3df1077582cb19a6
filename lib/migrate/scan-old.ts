import { paginateScan } from "@aws-sdk/lib-dynamodb";
import type { Row } from "../store/attributes.ts";
import type { Table } from "../table.ts";
import { OLD_ATTRIBUTES } from "./old-item.ts";

/** All rows of a PyAnamo table, with only the attributes that a migration uses. Reads pages of at most 1 MB. */
export async function* scanOld(old: Table, signal?: AbortSignal): AsyncGenerator<Row> {
  const names = Object.fromEntries(OLD_ATTRIBUTES.map((name) => [`#${name}`, name]));
  const scan = {
    TableName: old.name,
    ProjectionExpression: Object.keys(names).join(", "),
    ExpressionAttributeNames: names,
  };
  for await (const page of paginateScan({ client: old.db }, scan)) {
    for (const row of page.Items ?? []) {
      if (signal?.aborted) return;
      yield row;
    }
  }
}

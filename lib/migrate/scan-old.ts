import { paginateScan } from "@aws-sdk/lib-dynamodb";
import type { Row } from "../store/attributes.ts";
import type { Table } from "../table.ts";
import { OLD_ATTRIBUTES } from "./old-item.ts";

/** All rows of a table of PyAnamo's, a page of 1 MB at most at a time; of each only what is read here. */
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

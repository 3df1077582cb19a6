import type {
  AttributeDefinition,
  DynamoDBClient,
  GlobalSecondaryIndexDescription,
  KeySchemaElement,
  Projection,
  TableDescription,
} from "@aws-sdk/client-dynamodb";
import { STATE_INDEX, tableSchema } from "../store/schema.ts";
import { openTable } from "../table.ts";
import { describeTable } from "./describe-table.ts";

/** One way in which a table differs from the schema that anamo creates. */
export interface TableDifference {
  what: string;
  expected: string;
  found: string;
}

/** The result of checking a table. */
export interface TableCheck {
  table: string;
  exists: boolean;
  /** the table exists, is active, and nothing differs */
  ok: boolean;
  differences: TableDifference[];
  /** the reply of DescribeTable */
  description?: TableDescription;
}

/** The layout of a table: anamo's, PyAnamo's (see `migrateFrom`), or neither. */
export type TableLayout = "anamo" | "pyanamo" | "other";

/** Compares a table with the schema that anamo needs. */
export async function checkTable(client: DynamoDBClient, name: string): Promise<TableCheck> {
  const description = await describeTable(client, name);
  if (!description) return { table: name, exists: false, ok: false, differences: [] };
  const differences = [...differencesOf(description), ...(await missingRows(client, description))];
  return { table: name, exists: true, ok: differences.length === 0, differences, description };
}

/** What rows of a table from an earlier version lack. */
async function missingRows(client: DynamoDBClient, found: TableDescription): Promise<TableDifference[]> {
  if (layoutOf(found) !== "anamo") return [];
  const { lacksMembers } = await openTable(found.TableName ?? "", client).settings.get(0);
  return lacksMembers ? [{ ...LACKS_MEMBERS }] : [];
}

export const LACKS_MEMBERS = { what: "member rows", expected: "one for each item", found: "not for all" } as const;

/** Every difference from the schema that anamo creates. The billing mode does not count: it is up to the owner. */
export function differencesOf(found: TableDescription): TableDifference[] {
  const expected = tableSchema(found.TableName ?? "");
  const [index] = expected.GlobalSecondaryIndexes ?? [];
  const indexes = found.GlobalSecondaryIndexes ?? [];
  return [
    ...compare("status", "ACTIVE", found.TableStatus),
    ...compare("key", keyText(expected.KeySchema), keyText(found.KeySchema)),
    ...typeDifferences(expected.AttributeDefinitions ?? [], found.AttributeDefinitions ?? []),
    ...indexDifferences(
      index,
      indexes.find(({ IndexName }) => IndexName === STATE_INDEX),
    ),
    ...extraIndexes(found),
  ];
}

/** Recognizes a table's layout by its keys. */
export function layoutOf(found: TableDescription): TableLayout {
  const key = keyText(found.KeySchema);
  const indexes = (found.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName);
  if (key === keyText(tableSchema("").KeySchema) && indexes.includes(STATE_INDEX)) return "anamo";
  return key === keyText([{ AttributeName: "itemID", KeyType: "HASH" }]) ? "pyanamo" : "other";
}

function indexDifferences(
  expected: { KeySchema?: KeySchemaElement[]; Projection?: Projection } | undefined,
  found: GlobalSecondaryIndexDescription | undefined,
): TableDifference[] {
  const what = `index ${STATE_INDEX}`;
  if (!found) return [{ what, expected: "there", found: "missing" }];
  return [
    ...compare(`${what}: status`, "ACTIVE", found.IndexStatus ?? "ACTIVE"),
    ...compare(`${what}: key`, keyText(expected?.KeySchema), keyText(found.KeySchema)),
    ...compare(`${what}: holds`, projectionText(expected?.Projection), projectionText(found.Projection)),
  ];
}

/** An extra index is harmless, but makes every write cost more. */
function extraIndexes(found: TableDescription): TableDifference[] {
  const extra = [...(found.GlobalSecondaryIndexes ?? []), ...(found.LocalSecondaryIndexes ?? [])];
  return extra
    .filter(({ IndexName }) => IndexName !== STATE_INDEX)
    .map(({ IndexName }) => ({ what: `index ${IndexName}`, expected: "none of that name", found: "there" }));
}

function typeDifferences(expected: AttributeDefinition[], found: AttributeDefinition[]): TableDifference[] {
  return expected.flatMap(({ AttributeName, AttributeType }) => {
    const same = found.find((attribute) => attribute.AttributeName === AttributeName);
    // a missing attribute already shows up as a key difference
    return same ? compare(`type of ${AttributeName}`, AttributeType, same.AttributeType) : [];
  });
}

function compare(what: string, expected: string | undefined, found: string | undefined): TableDifference[] {
  return expected === found ? [] : [{ what, expected: expected ?? "none", found: found ?? "none" }];
}

function keyText(key: readonly KeySchemaElement[] | undefined): string {
  return (key ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(", ");
}

function projectionText(projection: Projection | undefined): string {
  const names = [...(projection?.NonKeyAttributes ?? [])].sort();
  return [projection?.ProjectionType ?? "nothing", ...names].join(" ");
}

import {
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";

const TABLE = "probed";
const INDEX = "index";

/** An engine and a table that only the probes use. */
class Probed {
  readonly #endpoint: string;
  readonly client: DynamoDBClient;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.client = this.in("us-east-1");
  }

  in(region: string): DynamoDBClient {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    return new DynamoDBClient({ endpoint: this.#endpoint, region, credentials, maxAttempts: 1 });
  }

  put(id: string, more: PutItemCommandInput["Item"] = {}, options: Partial<PutItemCommandInput> = {}) {
    const Item = { id: { S: id }, sort: { S: "-" }, key: { S: "all" }, keySort: { S: id }, ...more };
    return this.client.send(new PutItemCommand({ ...options, TableName: TABLE, Item }));
  }

  make() {
    const AttributeDefinitions = ["id", "sort", "key", "keySort"].map((AttributeName) => ({
      AttributeName,
      AttributeType: "S" as const,
    }));
    const keys = (HASH: string, RANGE: string) => [
      { AttributeName: HASH, KeyType: "HASH" as const },
      { AttributeName: RANGE, KeyType: "RANGE" as const },
    ];
    return this.client.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions,
        KeySchema: keys("id", "sort"),
        GlobalSecondaryIndexes: [
          { IndexName: INDEX, KeySchema: keys("key", "keySort"), Projection: { ProjectionType: "KEYS_ONLY" } },
        ],
      }),
    );
  }

  async setUnits(units: number): Promise<number | undefined> {
    const ProvisionedThroughput = { ReadCapacityUnits: units, WriteCapacityUnits: units };
    const Update = { IndexName: INDEX, ProvisionedThroughput };
    const change = { BillingMode: "PROVISIONED" as const, GlobalSecondaryIndexUpdates: [{ Update }] };
    await this.client.send(new UpdateTableCommand({ TableName: TABLE, ProvisionedThroughput, ...change }));
    for (;;) {
      const { Table } = await this.client.send(new DescribeTableCommand({ TableName: TABLE }));
      const now = Table?.ProvisionedThroughput;
      if (Table?.TableStatus === "ACTIVE" && now?.WriteCapacityUnits === units) return now.NumberOfDecreasesToday;
    }
  }
}

/** The questions in the table in docs/emulators.md, in the same order; each answer is a few words. */
const PROBES: readonly (readonly [question: string, ask: (probed: Probed) => Promise<string>])[] = [
  [
    "a new table is first",
    async (probed) => {
      const { TableDescription } = await probed.make();
      return `\`${TableDescription?.TableStatus}\``;
    },
  ],
  [
    "a refused write sends the old row along",
    async (probed) => {
      await probed.put("old");
      const options = { ConditionExpression: "attribute_not_exists(id)" };
      const refused = probed.put("old", {}, { ...options, ReturnValuesOnConditionCheckFailure: "ALL_OLD" });
      return refused.then(
        () => "not refused",
        (error) => (error.Item ? "yes" : "no"),
      );
    },
  ],
  [
    "`ReturnConsumedCapacity` counts the index",
    async (probed) => {
      const { ConsumedCapacity } = await probed.put("units", {}, { ReturnConsumedCapacity: "INDEXES" });
      return ConsumedCapacity?.GlobalSecondaryIndexes ? "yes" : "no";
    },
  ],
  [
    "a row is in the index when the write is answered",
    async (probed) => {
      const misses = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          await probed.put(`seen${n}`);
          const { Count } = await probed.client.send(
            query(INDEX, "#key = :key AND keySort = :sort", "all", `seen${n}`),
          );
          return Count === 1 ? 0 : 1;
        }),
      );
      return misses.every((miss) => miss === 0) ? "always" : "not always";
    },
  ],
  [
    "rows of 300 kB on a page of a Query",
    async (probed) => {
      const z = { S: "x".repeat(300_000) };
      for (const sort of ["1", "2", "3", "4", "5"]) await probed.put("page", { sort: { S: sort }, z });
      return String((await probed.client.send(query(undefined, "#key = :key", "page"))).Count);
    },
  ],
  ["an empty text as a key of the index", (probed) => taken(probed.put("empty", { key: { S: "" } }))],
  [
    "a sort key of the index of 1,025 bytes",
    (probed) => taken(probed.put("long", { keySort: { S: "x".repeat(1_025) } })),
  ],
  [
    "transactions",
    (probed) => {
      const Put = { TableName: TABLE, Item: { id: { S: "t" }, sort: { S: "-" } } };
      return known(probed.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] })));
    },
  ],
  [
    "point-in-time recovery",
    (probed) => known(probed.client.send(new DescribeContinuousBackupsCommand({ TableName: TABLE }))),
  ],
  [
    "tables of one region are seen from another",
    async (probed) => {
      const elsewhere = probed.in("eu-west-2");
      const { TableNames } = await elsewhere.send(new ListTablesCommand({}));
      elsewhere.destroy();
      return TableNames?.includes(TABLE) ? "yes" : "no";
    },
  ],
  [
    "`NumberOfDecreasesToday` after capacity was lowered",
    async (probed) => {
      await probed.setUnits(5);
      return String((await probed.setUnits(2)) ?? "absent");
    },
  ],
  [
    "300 writes at once on 2 provisioned units",
    async (probed) => {
      const writes = await Promise.allSettled(Array.from({ length: 300 }, (_, n) => probed.put(`throttled${n}`)));
      return writes.some(({ status }) => status === "rejected") ? "some throttled" : "all taken";
    },
  ],
];

/** An engine's answer to each question. */
export async function probe(endpoint: string): Promise<Record<string, string>> {
  const probed = new Probed(endpoint);
  const answers: Record<string, string> = {};
  try {
    for (const [question, ask] of PROBES) answers[question] = await ask(probed);
  } finally {
    probed.client.destroy();
  }
  return answers;
}

function query(IndexName: string | undefined, KeyConditionExpression: string, key: string, sort?: string) {
  return new QueryCommand({
    TableName: TABLE,
    IndexName,
    KeyConditionExpression,
    ExpressionAttributeNames: { "#key": IndexName ? "key" : "id" },
    ExpressionAttributeValues: { ":key": { S: key }, ...(sort && { ":sort": { S: sort } }) },
  });
}

function taken(write: Promise<unknown>): Promise<string> {
  return write.then(
    () => "taken",
    () => "refused",
  );
}

function known(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "yes",
    (error) => (error.name === "UnknownOperationException" ? "no such call" : String(error)),
  );
}

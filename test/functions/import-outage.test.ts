import { expect, test } from "vitest";
import { createImportHandler } from "../../functions/import.ts";
import { continueImport, noCounts } from "../../lib/import/import-file.ts";
import { dynamoLine, type Fate } from "../support/dynamo-line.ts";
import { testEnv } from "../support/env.ts";
import { importBench, scriptsNow } from "../support/imports.ts";

const ROWS = 250;

const listOf = (rows: number) =>
  `itemID|TaskID|TaskScript\n${Array.from({ length: rows }, (_, n) => `r${n}|s|echo r${n}\n`).join("")}`;

/** Imports a list with the import function through a proxy that decides what happens to each write. */
async function importOver(fateOf: (write: number) => Fate, rows = ROWS) {
  const { table, bucket, put } = await importBench();
  let writes = 0;
  const endpoint = await dynamoLine((operation) => (operation === "PutItem" ? fateOf(writes++) : "carry"));
  const env = { ...testEnv(), ANAMO_TABLE: table.name, AWS_ENDPOINT_URL_DYNAMODB: endpoint };
  const key = await put("list.txt", listOf(rows));
  const { files } = await createImportHandler(env)({ Records: [record(bucket, key)] });
  return { files, scripts: await scriptsNow(table), writes };
}

const record = (bucket: string, key: string) => ({
  eventSource: "aws:s3",
  eventName: "ObjectCreated:Put",
  s3: { bucket: { name: bucket }, object: { key } },
});

const all = (rows = ROWS) => Object.fromEntries(Array.from({ length: rows }, (_, n) => [`r${n}`, `echo r${n}`]));
const imported = (rows = ROWS) => ({ status: "imported", counts: { ...noCounts(), imported: rows, tasks: rows } });

test("an import outlasts an outage that fails more requests than the SDK's budget of retries covers", async () => {
  // the SDK's own strategy has 500 tokens for all requests of a client, and pays 5 or more for each retry
  const { files, scripts, writes } = await importOver((write) =>
    write >= 60 && write < 260 ? "resetBefore" : "carry",
  );
  expect(files).toMatchObject([imported()]);
  expect(scripts).toEqual(all());
  // on a busy machine a request may also time out
  expect(writes).toBeGreaterThanOrEqual(ROWS + 200);
});

test("writes whose replies are lost in the outage are counted as imported once", async () => {
  const { files, scripts } = await importOver((write) => (write >= 60 && write < 200 ? "resetAfter" : "carry"));
  expect(files).toMatchObject([imported()]);
  expect(scripts).toEqual(all());
});

test("an import finishes on a table that throttles two of five writes", async () => {
  const { files, scripts } = await importOver((write) => (write % 5 < 2 ? "throughput" : "carry"), 150);
  expect(files).toMatchObject([imported(150)]);
  expect(scripts).toEqual(all(150));
});

test.each([1, 150])(
  "an import that is throttled to the end of its time from write %i on continues in the next run",
  async (n) => {
    const { table, bucket, put, deps, report } = await importBench();
    let [writes, isOver] = [0, false];
    const fateOf = () => (isOver ? "carry" : writes++ >= n ? "throughput" : "carry");
    const endpoint = await dynamoLine((operation) => (operation === "PutItem" ? fateOf() : "carry"));
    const env = { ...testEnv(), ANAMO_TABLE: table.name, AWS_ENDPOINT_URL_DYNAMODB: endpoint };
    const key = await put("list.txt", `${listOf(200)}#\nx |s|true\n|s|bad\nr7|s|again\n`);
    const handler = createImportHandler(env);
    const context = { getRemainingTimeInMillis: () => (writes > n ? 14_000 : 900_000) };
    const first = await handler({ Records: [record(bucket, key)] }, context);
    expect(first.files).toMatchObject([{ status: "continues" }]);
    isOver = true;
    const stopAfter = 2;
    let rows = 0;
    let result = await continueImport(
      deps,
      { bucket, key: `continuations/${key}.json` },
      { shouldStop: () => ++rows % stopAfter === 0 },
    );
    while (result.status === "continues")
      result = await continueImport(deps, { bucket, key: `continuations/${key}.json` });
    const counts = { imported: 201, tasks: 201, rejected: 2, comments: 1, trimmed: 1 };
    const firstLines = { comments: 202, trimmed: 203 };
    expect(result).toMatchObject({ status: "imported", counts: { ...noCounts(), ...counts, firstLines } });
    expect((await report(result)).rows).toHaveLength(2);
    expect(await scriptsNow(table)).toEqual({ ...all(200), x: "true" });
  },
);

test("an import that its invocation leaves no time for fails instead of retrying", async () => {
  const { table, bucket, put } = await importBench();
  const endpoint = await dynamoLine((operation) => (operation === "PutItem" ? "resetBefore" : "carry"));
  const env = { ...testEnv(), ANAMO_TABLE: table.name, AWS_ENDPOINT_URL_DYNAMODB: endpoint };
  const key = await put("list.txt", listOf(ROWS));
  const context = { getRemainingTimeInMillis: () => 14_000 };
  const importing = createImportHandler(env)({ Records: [record(bucket, key)] }, context);
  await expect(importing).rejects.toMatchObject({ code: "ECONNRESET" });
});

import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { MANIFEST_NAME } from "../../lib/results/file-name.ts";
import { type Manifest, manifestText, resultsOf } from "../../lib/results/manifest.ts";
import { type ResultPlace, resultFolder, resultKey } from "../../lib/results/place.ts";
import { ATTR } from "../../lib/store/attributes.ts";
import { itemKey } from "../../lib/store/keys.ts";
import { storedResults } from "../../lib/store/results-on-row.ts";
import type { Table } from "../../lib/table.ts";
import { testBucket } from "./env.ts";
import { itemNow } from "./items.ts";

/** Publishes files as the result of a plain item, as its worker would, and records it on the row. */
export async function leaveResult(
  table: Table,
  place: ResultPlace,
  itemId: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const { step, taskId, attempt } = await itemNow(table, itemId);
  const owner = { step, taskId, itemId };
  const manifest: Manifest = { version: 1, ...owner, attempt, lockId: "lock", endedAtMs: 0, files: [] };
  for (const [name, text] of Object.entries(files)) {
    const sha256 = createHash("sha256").update(text).digest("hex");
    manifest.files.push({ name, bytes: Buffer.byteLength(text), sha256 });
  }
  const text = manifestText(manifest);
  for (const [name, body] of Object.entries({ ...files, [MANIFEST_NAME]: text })) {
    if ("folder" in place) {
      const path = join(resultFolder(place, owner), name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, body);
    } else {
      const Key = resultKey(place, { ...owner, attempt }, name);
      await testBucket().s3.send(new PutObjectCommand({ Bucket: place.bucket, Key, Body: body }));
    }
  }
  await table.db.send(
    new UpdateCommand({
      TableName: table.name,
      Key: itemKey(itemId),
      UpdateExpression: "SET #results = :results",
      ExpressionAttributeNames: { "#results": ATTR.results },
      ExpressionAttributeValues: { ":results": storedResults(resultsOf(manifest, text)) },
    }),
  );
}

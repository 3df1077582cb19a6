import { expect, onTestFinished, test } from "vitest";
import { Workflow } from "../../workflow/index.ts";
import { dynamoLine, type Fate } from "../support/dynamo-line.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";

const IDS = Array.from({ length: 120 }, (_, n) => `i${n}`);

/** A workflow of 120 items behind a proxy that decides what happens to each write. */
async function workflowOver(fateOf: (write: number) => Fate): Promise<Workflow> {
  const table = await testTable();
  await addItems(
    table,
    IDS.map((id) => newItem(id)),
  );
  let writes = 0;
  const endpoint = await dynamoLine((operation) => (/^(Update|Delete)/.test(operation) ? fateOf(writes++) : "carry"));
  const env = { ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint };
  const workflow = new Workflow({ table: table.name, env });
  onTestFinished(() => workflow.close());
  return workflow;
}

// each outage fails more requests than the SDK's budget of retries covers
const outage = (fate: Fate) => (write: number) => (write % 230 >= 10 && write % 230 < 120 ? fate : "carry");
const all = { changed: IDS.length, failed: 0 };

test("hold changes every item once, though the table is throttled", async () => {
  const workflow = await workflowOver(outage("throughput"));
  expect(await workflow.hold({ all: true })).toMatchObject(all);
  expect((await workflow.summary()).items).toMatchObject({ todo: 0, held: IDS.length });
});

test("delete removes every item once, though replies are lost", async () => {
  const workflow = await workflowOver(outage("resetAfter"));
  expect(await workflow.delete({ all: true })).toMatchObject(all);
  expect((await workflow.summary()).items).toMatchObject({ todo: 0, held: 0 });
});

test("hold and release change every item once, though the network fails", async () => {
  const workflow = await workflowOver(outage("resetBefore"));
  expect(await workflow.hold({ all: true })).toMatchObject(all);
  expect(await workflow.release({ all: true })).toMatchObject(all);
  expect((await workflow.summary()).items).toMatchObject({ todo: IDS.length, held: 0 });
});

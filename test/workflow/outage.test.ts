import { expect, onTestFinished, test } from "vitest";
import { Workflow } from "../../workflow/index.ts";
import { dynamoLine, type Fate } from "../support/dynamo-line.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";

const IDS = Array.from({ length: 120 }, (_, n) => `i${n}`);

/** A workflow of 120 items over a line that decides what happens to each write. */
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

test.each(["resetBefore", "resetAfter", "throughput"] as const)(
  "hold, release and delete change every item once, though each has an outage (%s)",
  async (fate) => {
    // each outage fails more requests than the SDK's budget of retries covers
    const workflow = await workflowOver((write) => (write % 230 >= 10 && write % 230 < 120 ? fate : "carry"));
    expect(await workflow.hold({ all: true })).toMatchObject({ changed: 120, failed: 0 });
    expect(await workflow.release({ all: true })).toMatchObject({ changed: 120, failed: 0 });
    expect(await workflow.delete({ all: true })).toMatchObject({ changed: 120, failed: 0 });
    expect((await workflow.summary()).items).toMatchObject({ todo: 0, held: 0 });
  },
);

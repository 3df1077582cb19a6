import { expect, test } from "vitest";

import { testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { testFolder, testWorker } from "../support/worker.ts";

test("two items whose long ids differ only at the end do not share a scratch folder", async () => {
  const table = await testTable();
  const meeting = await testFolder();
  const ids = ["1", "2"].map((end) => "a".repeat(130) + end);
  const script = `
    echo "$ITEM_ID" > own
    touch '${meeting}'/"$ITEM_ID"
    until [ "$(ls '${meeting}' | wc -l)" = 2 ]; do sleep 0.02; done
    sleep 0.1
    cmp own - <<< "$ITEM_ID"
  `;
  await addItems(
    table,
    ids.map((itemId) => newItem(itemId, { script, maxAttempts: 1, timeoutMs: 10_000 })),
  );
  const { worker } = await testWorker(table, { items: 2 });
  expect(await worker.run()).toMatchObject({ ended: { done: 2 } });
});

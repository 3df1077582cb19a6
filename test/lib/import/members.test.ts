import { expect, test } from "vitest";
import { ImportMembers } from "../../../lib/import/members.ts";
import { collectGarbage } from "../../../worker/task/collect-garbage.ts";
import { testTable } from "../../support/env.ts";

test("an import remembers the ids of items that wait, not the text of the file that they came in", async () => {
  const members = new ImportMembers(await testTable(), "import");
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let row = 0; row < 100; row++) {
    const text = Buffer.alloc(1_000_000, `item-with-a-long-name-${row}\t`).toString("latin1");
    members.waits(text.slice(0, text.indexOf("\t")));
  }
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
});

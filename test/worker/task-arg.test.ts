import { expect, test } from "vitest";
import { addChecked } from "../../lib/changes/add-checked.ts";
import { tasksOf } from "../../lib/store/tasks-of.ts";
import { testTable } from "../support/env.ts";
import { itemNow } from "../support/items.ts";
import { testWorker } from "../support/worker.ts";

test("each nested task gets its argument: at the end, in place of {}, and as $TASK_ARG", async () => {
  const table = await testTable();
  const args = ["chr1", "it's  $HOME"];
  const rows = {
    end: [`bash -c 'printf "%s|" "$1" "$(printenv TASK''_ARG)"' -`, ["chr1", "chr2"]],
    mark: ['printf "%s|" {} "$TASK_ARG" "{}.bam" # and here: {}', args],
    variable: ['printf "%s|" "$TASK_ARG" # region', args],
    background: ['printf "%s|" {} & wait', args],
  } as const;
  for (const [itemID, [TaskScript, TaskArgs]] of Object.entries(rows)) {
    await addChecked(table, { itemID, TaskID: "S", TaskScript, TaskArgs });
  }
  await addChecked(table, { itemID: "plain", TaskID: "S", TaskScript: 'printf "%s|" "${TASK_ARG-none}" {}' });
  const { worker } = await testWorker(table);
  expect(await worker.run()).toMatchObject({ ended: { done: 5 } });
  const printed = async (itemId: string) => {
    const found = [];
    for await (const tasks of tasksOf(table, await itemNow(table, itemId), { outcomes: true })) found.push(...tasks);
    return found.map(({ outcome }) => outcome?.log?.stdout);
  };
  expect(await printed("end")).toEqual(["chr1|chr1|", "chr2|chr2|"]);
  expect(await printed("mark")).toEqual(["chr1|chr1|chr1.bam|", "it's  $HOME|it's  $HOME|it's  $HOME.bam|"]);
  expect(await printed("variable")).toEqual(["chr1|", "it's  $HOME|"]);
  expect(await printed("background")).toEqual(["chr1|", "it's  $HOME|"]);
  expect((await itemNow(table, "plain")).outcome?.log?.stdout).toBe("none|{}|");
});

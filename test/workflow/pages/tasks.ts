import { expect } from "vitest";
import type { ImportReport } from "../../../workflow/index.ts";
import { NESTED_FILE, NESTED_LIST, SINGLE_FILE, SINGLE_LIST } from "../../support/page-items.ts";
import type { Session } from "../../support/session.ts";

/** "Examples of importing single / nested items from a file". */
export async function importingFiles({ workflow, write }: Session): Promise<void> {
  workflow.useTable("Testing");
  // import-items.py 'Testing' 'us-east-1' 'import-testing.txt' '|'
  const single = await workflow.importFile(await write("import-testing.txt", SINGLE_FILE), { delimiter: "|" });
  expect(single).toMatchObject({ status: "imported", imported: 4, tasks: 4, rejected: 0, rows: [] });
  // import-items.py 'Testing' 'us-east-1' 'import-nested-testing.txt' '|' ','
  const file = await write("import-nested-testing.txt", NESTED_FILE);
  const nested = await workflow.importFile(file, { delimiter: "|", nestedDelimiter: "," });
  expect(nested).toMatchObject({ status: "imported", imported: 4, tasks: 12, rejected: 0, rows: [] });
  expect(await workflow.show("Seq_Test_4")).toMatchObject({ taskID: "Task_4", state: "todo", script: "seq 10" });
  const scripts = (await workflow.show("Seq_Test_8"))?.tasks?.list.map(({ taskKey, script }) => [taskKey, script]);
  expect(scripts).toEqual([
    ["Task_0", "seq 2"],
    ["Task_1", "seq 3"],
    ["Task_2", "seq 1"],
  ]);
}

/** "Creating Tasks", "Create Tasks". */
export async function creatingTasks({ workflow, write }: Session): Promise<void> {
  workflow.useTable("Testing");
  // import_item(table_name, taskID, itemID, taskScript)
  expect(await workflow.add({ itemID: "Seq_Test_9", taskID: "Task_9", script: "seq 10" })).toEqual({
    itemID: "Seq_Test_9",
    taskID: "Task_9",
    step: "default",
    tasks: 1,
    outcome: "added",
  });
  expect(await workflow.show("Seq_Test_9")).toMatchObject({ state: "todo", nestedTasks: 0, script: "seq 10" });
  // import_nested_item(table_name, taskID, itemID, taskScript, taskArgs, nested_delim)
  const nested = { itemID: "Seq_Test_10", taskID: "Task_10", script: "seq", args: "10,12,14" };
  expect(await workflow.add(nested, { nestedDelimiter: "," })).toMatchObject({ tasks: 3, outcome: "added" });
  expect(await workflow.show("Seq_Test_10")).toMatchObject({
    state: "todo",
    nestedTasks: 3,
    tasks: { byState: { todo: 3 } },
  });

  // import_items(data, delim, table_name): here the list is a file
  const singles = await workflow.importFile(await write("single.txt", SINGLE_LIST), { delimiter: "|" });
  expect(singles).toMatchObject({ imported: 4, tasks: 4, rejected: 0 });
  // import_items(data, delim, table_name, nested_delim): Seq_Test_9 and 10 exist already and are overwritten
  const file = await write("nested.txt", NESTED_LIST);
  const options = { delimiter: "|", nestedDelimiter: "," };
  const read = await Array.fromAsync(workflow.readFile(file, options));
  const report: ImportReport = await workflow.importFile(file, { ...options, onDuplicate: "reset" });
  expect(report).toMatchObject({ tasks: 12, skipped: 0, rejected: 0, rows: [] });
  // Nested_importLog['N']
  expect(report.imported + report.reset).toBe(4);
  // for i in Nested_importLog['Items']: print(i)
  expect(read.map(({ item }) => [item?.itemID, item?.taskID, item?.scripts])).toEqual([
    ["Seq_Test_7", "Task_7", ["seq 3"]],
    ["Seq_Test_8", "Task_8", ["seq 8", "seq 7"]],
    ["Seq_Test_9", "Task_9", ["seq 15", "seq 16", "seq 17", "seq 3"]],
    ["Seq_Test_10", "Task_10", ["seq 3", "seq 2", "seq 4", "seq 6", "seq 5"]],
  ]);
  for (const { item } of read) {
    const tasks = (await workflow.show(item?.itemID ?? ""))?.tasks?.list.map(({ script }) => script);
    expect(tasks).toEqual(item?.scripts);
  }
}

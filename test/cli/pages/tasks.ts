import { expect } from "vitest";
import { NESTED_FILE, NESTED_LIST, SINGLE_FILE, SINGLE_LIST } from "../../support/page-items.ts";
import { BUCKET, type Session } from "../../support/session.ts";

const TESTING = ["-t", "Testing"];

/** "Examples of importing single / nested items from a file". */
export async function importingFiles(session: Session): Promise<void> {
  const { run, json, write } = session;
  // import-items.py 'Testing' 'us-east-1' 'import-testing.txt' '|'
  const place = ["-b", BUCKET, "-r", "us-east-1"]; // the bucket belongs to a table
  const single = await run("import", await write("import-testing.txt", SINGLE_FILE), "--delimiter", "|", ...place);
  expect(single).toMatchObject({ exitCode: 0, stderr: "" });
  expect(single.stdout).toMatch(/^4 items imported\n/);
  // import-items.py 'Testing' 'us-east-1' 'import-nested-testing.txt' '|' ','
  const file = await write("import-nested-testing.txt", NESTED_FILE);
  const nested = await run("import", file, "--delimiter", "|", "--nested-delimiter", ",", ...place);
  expect(nested.stdout).toMatch(/^4 items imported \(12 tasks\)\n/);
  expect(await json("show", "Seq_Test_4", ...TESTING)).toMatchObject({
    taskID: "Task_4",
    state: "todo",
    script: "seq 10",
  });
  expect(await scriptsOf(session, "Seq_Test_8")).toEqual(["Task_0: seq 2", "Task_1: seq 3", "Task_2: seq 1"]);
}

/** "Creating Tasks", "Create Tasks". */
export async function creatingTasks(session: Session): Promise<void> {
  const { run, json, write } = session;
  // import_item(table_name, taskID, itemID, taskScript)
  const plain = await run("add", "Seq_Test_9", "--task", "Task_9", "--script", "seq 10", ...TESTING);
  expect(plain).toEqual({ exitCode: 0, stdout: "Seq_Test_9 (sample Task_9, step default): added\n", stderr: "" });
  expect(await json("show", "Seq_Test_9", ...TESTING)).toMatchObject({ state: "todo", script: "seq 10" });
  // import_nested_item(table_name, taskID, itemID, taskScript, taskArgs, nested_delim)
  const nested = ["--task", "Task_10", "--script", "seq", "--args", "10,12,14", "--nested-delimiter", ","];
  expect(await json("add", "Seq_Test_10", ...nested, ...TESTING)).toMatchObject({ tasks: 3, outcome: "added" });
  expect(await scriptsOf(session, "Seq_Test_10")).toEqual(["Task_0: seq 10", "Task_1: seq 12", "Task_2: seq 14"]);

  // import_items(data, delim, table_name): here the list is a file
  const singles = await write("single.txt", SINGLE_LIST);
  expect(await json("import", singles, "--delimiter", "|")).toMatchObject({ imported: 4, tasks: 4, rejected: 0 });
  // import_items(data, delim, table_name, nested_delim): Seq_Test_9 and 10 exist already and are overwritten
  const file = await write("nested.txt", NESTED_LIST);
  const delimiters = ["--delimiter", "|", "--nested-delimiter", ","];
  const read = await json("import", file, ...delimiters, "--dry-run");
  const report = await json("import", file, ...delimiters, "--on-duplicate", "reset");
  expect(report).toMatchObject({ tasks: 12, skipped: 0, rejected: 0, rows: [] });
  // Nested_importLog['N']
  expect([read.N, report.imported + report.reset]).toEqual([4, 4]);
  // for i in Nested_importLog['Items']: print(i)
  expect(read.items).toMatchObject([
    { itemID: "Seq_Test_7", taskID: "Task_7", scripts: ["seq 3"] },
    { itemID: "Seq_Test_8", taskID: "Task_8", scripts: ["seq 8", "seq 7"] },
    { itemID: "Seq_Test_9", taskID: "Task_9", scripts: ["seq 15", "seq 16", "seq 17", "seq 3"] },
    { itemID: "Seq_Test_10", taskID: "Task_10", scripts: ["seq 3", "seq 2", "seq 4", "seq 6", "seq 5"] },
  ]);
  for (const { itemID, scripts } of read.items as { itemID: string; scripts: string[] }[]) {
    expect(await scriptsOf(session, itemID)).toEqual(scripts.map((script, n) => `Task_${n}: ${script}`));
  }
}

async function scriptsOf({ workflow }: Session, itemID: string): Promise<string[] | undefined> {
  const item = await workflow.useTable("Testing").show(itemID);
  return item?.tasks?.list.map(({ taskKey, script }) => `${taskKey}: ${script}`);
}

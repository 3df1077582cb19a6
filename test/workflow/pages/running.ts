import { expect } from "vitest";
import { seq } from "../../support/page-items.ts";
import { BUCKET, fillTable, type Session } from "../../support/session.ts";

const TABLE = "My_Super_Fun_Happy_Table";

/** "Run PyAnamo". There is no method for it, because a worker is a process. */
export async function running(session: Session): Promise<void> {
  const { workflow, run } = session;
  const place = ["-t", TABLE, "-b", BUCKET, "-r", "us-east-1"];
  // python pyanamo.py -t "${PYANAMO_TABLE}" -b "${S3_BUCKET}" -r "${AWS_REGION}"
  await fillTable(session, TABLE, [{ itemID: "A", taskID: "Task_A", script: "seq 3" }]);
  expect(await run("work", ...place)).toMatchObject({ exitCode: 0, stderr: "" });
  workflow.useTable(TABLE);
  expect(await workflow.show("A")).toMatchObject({ state: "done", exitCode: 0 });
  expect(await Array.fromAsync(workflow.logs("A"))).toMatchObject([{ text: seq(3) }]);
  // python pyanamo.py … -i '2' -n '4': 2 items at a time, and 4 nested tasks of each
  for (const itemID of ["B", "C"]) await workflow.add({ itemID, taskID: "Task_B", script: "seq", args: "4,3,2,1" });
  expect(await run("work", ...place, "-i", "2", "-n", "4")).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await workflow.summary()).items).toMatchObject({ todo: 0, done: 3 });
  const logs = await Array.fromAsync(workflow.logs("C"), ({ text }) => text);
  expect(logs).toEqual([4, 3, 2, 1].map(seq));
}

import { expect } from "vitest";
import { seq } from "../../support/page-items.ts";
import { BUCKET, fillTable, type Session } from "../../support/session.ts";

const TABLE = "My_Super_Fun_Happy_Table";

/** "Run PyAnamo". */
export async function running(session: Session): Promise<void> {
  const { run, json } = session;
  const place = ["-t", TABLE, "-b", BUCKET, "-r", "us-east-1"];
  // python pyanamo.py -t "${PYANAMO_TABLE}" -b "${S3_BUCKET}" -r "${AWS_REGION}"
  await fillTable(session, TABLE, [{ itemID: "A", taskID: "Task_A", script: "seq 3" }]);
  const first = await run("work", ...place);
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  expect(first.stdout).toMatch(/ A: attempt 1 begins\n.* A: done after .*\n/);
  expect((await run("logs", "A", ...place)).stdout).toBe(seq(3));
  // python pyanamo.py … -i '2' -n '4': 2 items at a time, and 4 nested tasks of each
  const nested = ["--task", "Task_B", "--script", "seq", "--args", "4,3,2,1", "-t", TABLE];
  for (const itemID of ["B", "C"]) await json("add", itemID, ...nested);
  expect(await run("work", ...place, "-i", "2", "-n", "4")).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await json("summary", "-t", TABLE)).items).toMatchObject({ todo: 0, done: 3 });
  const logs: { text: string }[] = await json("logs", "C", ...place);
  expect(logs.map(({ text }) => text)).toEqual([4, 3, 2, 1].map(seq));
}

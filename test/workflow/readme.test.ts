import { test } from "vitest";
import { TESTING_1 } from "../support/page-items.ts";
import { startSession, workTable } from "../support/session.ts";
import { deleting, restarting } from "./pages/changes.ts";
import { jobStates, monitoring } from "./pages/progress.ts";
import { running } from "./pages/running.ts";
import { workflowTables } from "./pages/tables.ts";
import { creatingTasks, importingFiles } from "./pages/tasks.ts";

test("PyAnamo's readme.md from its first call to its last, with the class", { timeout: 600_000 }, async () => {
  const session = await startSession();
  await running(session);
  await workflowTables(session);
  await importingFiles(session);
  await creatingTasks(session);
  const nested = [5, 6, 7, 8, 9, 10].map((n) => `Seq_Test_${n}`);
  await monitoring(session, { items: 14, nested, tasks: 18 });
  await jobStates(session);
  await workTable(session, "Testing_1", TESTING_1);
  await restarting(session);
  await deleting(session);
});

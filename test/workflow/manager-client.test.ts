import { test } from "vitest";
import { TESTING_1 } from "../support/page-items.ts";
import { startSession, workTable } from "../support/session.ts";
import { deleting, restarting } from "./pages/changes.ts";
import { itemLogs, jobStates, monitoring } from "./pages/progress.ts";
import { provisioning, workflowTables } from "./pages/tables.ts";
import { creatingTasks } from "./pages/tasks.ts";

test("PyAnamo's manager-client.md from its first call to its last, with the class", { timeout: 600_000 }, async () => {
  const session = await startSession();
  await workflowTables(session);
  await provisioning(session);
  await creatingTasks(session);
  const nested = [7, 8, 9, 10].map((n) => `Seq_Test_${n}`);
  await monitoring(session, { items: 8, nested, tasks: 12 });
  await jobStates(session);
  await workTable(session, "Testing_1", TESTING_1);
  await itemLogs(session);
  await restarting(session);
  await deleting(session);
});

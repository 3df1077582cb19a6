import type { Workflow } from "../../workflow/workflow.ts";
import { ownLine } from "../own-command.ts";

/** Says on stderr that samples are found by reading the whole index, on a table that lacks what makes this quick. */
export async function reportSlowSamples(workflow: Workflow): Promise<void> {
  if (!(await workflow.lacksMembers())) return;
  const upgrade = ownLine(`table upgrade --table ${workflow.table}`);
  process.stderr.write(
    `anamo: an earlier version made table ${workflow.table}, so all of its index was read to find the sample; "${upgrade}" makes that quick\n`,
  );
}

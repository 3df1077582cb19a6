import type { Workflow } from "../../workflow/workflow.ts";

/** Names on stderr the steps that the table does not have, because a mistyped step would silently select nothing. */
export async function reportUnknownSteps(workflow: Workflow, steps: readonly string[] = []): Promise<boolean> {
  const problems = await workflow.unknownSteps(steps);
  for (const problem of problems) process.stderr.write(`anamo: ${problem}\n`);
  return problems.length > 0;
}

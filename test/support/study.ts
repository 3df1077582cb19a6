import { readTaskRows } from "../../lib/import/import-text.ts";
import { parseWorkflow } from "../../lib/study/parse-workflow.ts";
import type { Study } from "../../lib/study/study.ts";
import { noTally } from "../../lib/taskfile/tally.ts";

/** Reads a workflow file whose steps are given as lines of YAML under `steps:`, and the files that it names. */
export function studyOf(steps: string, files: Readonly<Record<string, string>> = {}): Promise<Study> {
  const readFile = async (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`${path}: file not found`);
    return text;
  };
  return parseWorkflow(`steps:\n${steps.replace(/^/gm, "  ")}`, { name: "workflow.yml", readFile });
}

/** What a sheet turns into: the items by id, messages about rejected rows, and the tally. */
export async function expand(study: Study, sheet: string | Buffer, name = "samples.csv") {
  const tally = noTally();
  const items: Record<string, Record<string, unknown>> = {};
  const messages: string[] = [];
  const source = (async function* () {
    yield Buffer.from(sheet);
  })();
  for await (const { item, problems = [] } of readTaskRows(source, { name, step: "default", study, tally })) {
    for (const { message } of problems) messages.push(message);
    if (!item) continue;
    const { itemId, taskId, script, scripts, ...rest } = item;
    items[itemId] = { taskId, script: script ?? scripts, ...rest };
  }
  return { items, ids: Object.keys(items), messages, tally };
}

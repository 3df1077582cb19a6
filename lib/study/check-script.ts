import { checkRow } from "../taskfile/check-row.ts";
import { defaultNestedDelimiter } from "../taskfile/delimiters.ts";
import type { Problem } from "../taskfile/problem.ts";
import { fillScript, type ScriptPlan } from "./fill-script.ts";
import type { StudyStep } from "./study.ts";

/** A value and an argument that can stand anywhere in a script. */
const PROBE = "1";

/**
 * What makes every item of a step unusable, whatever the sheet says: a script without a place for arguments, or an
 * empty argument. Undefined if items can be made.
 */
export function scriptMistake(step: StudyStep, plan: ScriptPlan): string | undefined {
  const script = fillScript(plan, () => [PROBE], noProblem);
  if (typeof script !== "string") return undefined; // only the values can tell
  const { args } = step;
  const fields = {
    itemID: step.name,
    TaskID: step.name,
    Step: step.name,
    TaskScript: script,
    ...(args && { TaskArgs: "values" in args ? args.values : [PROBE] }),
  };
  const problem = checkRow(fields, defaultNestedDelimiter(","), "").problems?.[0];
  return problem && problemText(problem);
}

function problemText({ field, expected, found, hint }: Problem): string {
  const key = field === "TaskScript" ? "script: " : field === "TaskArgs" ? "args: " : "";
  return `${key}expected ${expected}, found ${found}${hint === undefined ? "" : `; ${hint}`}`;
}

/** One value is never too many. */
function noProblem(): Problem {
  return { field: "row", expected: "one value", found: "several" };
}

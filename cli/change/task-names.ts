import { InvalidArgumentError } from "commander";
import { TASK_PREFIX } from "../../lib/items/task-names.ts";

/** Reads the value of a `--task` option that may contain several names of nested tasks. */
export function taskName(value: string, before: readonly string[] | undefined): string[] {
  const isName = value.startsWith(TASK_PREFIX) && /^(0|[1-9]\d*)$/.test(value.slice(TASK_PREFIX.length));
  if (isName) return [...(before ?? []), value];
  throw new InvalidArgumentError(`Expected ${TASK_PREFIX}0, ${TASK_PREFIX}1 …; itemIDs go before --task.`);
}

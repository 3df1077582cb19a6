/** The prefix of every nested task's name. */
export const TASK_PREFIX = "Task_";

/** Name of the n-th task of a nested item, from 0. */
export function taskKeyOf(index: number): string {
  return `${TASK_PREFIX}${index}`;
}

/** The number in a task's name. */
export function taskNumber(taskKey: string): number {
  return Number(taskKey.slice(TASK_PREFIX.length));
}

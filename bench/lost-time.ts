import { drain } from "./drain.ts";
import { withStack } from "./stack.ts";

/** Time that each task of 1 s costs beyond its second, with 4 slots. */
export interface LostTimeFigures {
  tasks: number;
  slots: number;
  /** milliseconds of a slot that no task ran in, per task */
  lostMsPerTask: number;
}

/** Runs tasks of 1 s on 4 slots of one worker and compares with the time that they take by themselves. */
export async function lostTime(tasks = 80): Promise<LostTimeFigures> {
  const slots = 4;
  const { drainMs } = await withStack((bench) => drain(bench, { tasks, script: "sleep 1", workers: 1, items: slots }));
  // from the end of the first task to the end of the last, each slot runs all its tasks but the first
  const rounds = tasks / slots - 1;
  return { tasks, slots, lostMsPerTask: drainMs / rounds - 1_000 };
}

if (import.meta.main) console.log(await lostTime());

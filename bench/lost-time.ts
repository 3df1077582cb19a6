import { drain } from "./drain.ts";
import { withStack } from "./stack.ts";

/** The overhead for 1 s tasks on 4 slots. */
export interface LostTimeFigures {
  tasks: number;
  slots: number;
  /** milliseconds per task in which its slot ran nothing */
  lostMsPerTask: number;
}

/** Runs 1 s tasks on 4 slots of one worker and compares the time with that of the tasks alone. */
export async function lostTime(tasks = 80): Promise<LostTimeFigures> {
  const slots = 4;
  const { drainMs } = await withStack((bench) => drain(bench, { tasks, script: "sleep 1", workers: 1, items: slots }));
  // between the end of the first task and the end of the last, each slot runs all its tasks but the first
  const rounds = tasks / slots - 1;
  return { tasks, slots, lostMsPerTask: drainMs / rounds - 1_000 };
}

if (import.meta.main) console.log(await lostTime());

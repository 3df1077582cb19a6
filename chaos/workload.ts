import { taskKeyOf } from "../lib/items/task-names.ts";
import { Random } from "./random.ts";

/** What a task does: see task.sh. */
export type TaskKind = "ok" | "fail-always" | "fail-once" | "hang-once" | "loud";

/** An item of a run, and how it must end. */
export interface PlannedItem {
  itemId: string;
  step: string;
  /** what each task does; more than one makes a nested item */
  tasks: readonly TaskKind[];
  end: "done" | "failed";
  /** the item of the previous step with the same sample, which it waits for */
  after?: PlannedItem;
  /** other items that it waits for */
  afterItems?: readonly PlannedItem[];
}

export const STEPS = ["align", "call"] as const;

/** How often an item that always fails may fail. */
const FAILING_ATTEMPTS = 2;
/** For any other item: a slow machine must not use up its attempts. */
const ATTEMPTS = 50;
/** For an item with a task that hangs; if it does not hang, the task takes at most a second. */
const TIMEOUT_SECONDS = 5;

/** How many items a round has, and how many tasks a nested item has at most. */
export interface RoundSize {
  items: number;
  tasks: number;
}

/**
 * The items of a round: mostly plain, every sixth nested; some fail, hang, or print more than fits on a row. Half of
 * those in the second step wait for one in the first, and one in ten also for others.
 */
export function itemsOf(seed: number, round: number, { items: count, tasks: most }: RoundSize): PlannedItem[] {
  const random = new Random(seed, "items", round);
  const items = Array.from({ length: count }, (_, number): PlannedItem => {
    const itemId = `r${round}-${number}`;
    const step = random.pick(STEPS);
    const isNested = number % 6 === 5;
    const length = isNested ? random.between(2, most) : 1;
    const tasks = Array.from(
      { length },
      (): TaskKind =>
        random.weighted<TaskKind>({ "fail-once": 0.04, "hang-once": isNested ? 0 : 0.01, loud: 0.05 }, "ok"),
    );
    if (number % 40 === 11) tasks[0] = "fail-always";
    return { itemId, step, tasks, end: tasks.includes("fail-always") ? "failed" : "done" };
  });
  return items.map((item, number) => ({ ...item, ...predecessorsOf(item, items.slice(0, number), random) }));
}

/**
 * What an item waits for: earlier items that are supposed to succeed, so there are no circles and no item waits in
 * vain.
 */
function predecessorsOf(
  { step }: PlannedItem,
  before: readonly PlannedItem[],
  random: Random,
): Pick<PlannedItem, "after" | "afterItems"> {
  const good = before.filter(({ end }) => end === "done");
  const first = good.filter((one) => one.step === STEPS[0]);
  const [isAfter, isAfterItems] = [random.next() < 0.5, random.next() < 0.1];
  return {
    ...(step !== STEPS[0] && isAfter && first.length > 0 && { after: random.pick(first) }),
    ...(isAfterItems && good.length > 0 && { afterItems: [...new Set([random.pick(good), random.pick(good)])] }),
  };
}

/** Names of an item's tasks. */
export function taskKeys({ tasks }: PlannedItem): string[] {
  return tasks.map((_, index) => taskKeyOf(index));
}

/** A task file of a round. */
export interface RoundFile {
  step: string;
  name: string;
  text: string;
  rows: number;
}

/** The task files of a round in JSON Lines, by step and name, with about `rowsAFile` rows each. */
export function filesOf(
  items: readonly PlannedItem[],
  { round, taskSeconds, rowsAFile }: { round: number; taskSeconds: number; rowsAFile: number },
): RoundFile[] {
  return STEPS.flatMap((step) => {
    const rows = items.filter((item) => item.step === step).map((item) => JSON.stringify(rowOf(item, taskSeconds)));
    const files = Math.ceil(rows.length / rowsAFile);
    return Array.from({ length: files }, (_, number) => {
      const some = rows.slice(number * rowsAFile, (number + 1) * rowsAFile);
      const name = `round-${round}-${number}.jsonl`;
      return { step, name, text: `${some.join("\n")}\n`, rows: some.length };
    });
  });
}

function rowOf({ itemId, tasks, end, after, afterItems = [] }: PlannedItem, taskSeconds: number) {
  const random = new Random(itemId);
  const before = [...(after ? [after] : []), ...afterItems].map((one) => ` ${one.itemId}:${one.tasks.length}`).join("");
  const scripts = tasks.map((kind) => {
    const seconds = taskSeconds * (0.3 + 1.4 * random.next());
    return `. task.sh ${kind} ${(kind === "hang-once" ? Math.min(1, seconds) : seconds).toFixed(2)}${before}`;
  });
  return {
    itemID: itemId,
    TaskID: after?.itemId ?? itemId,
    ...(after && { After: after.step }),
    ...(afterItems.length > 0 && { AfterItems: afterItems.map((one) => one.itemId) }),
    ...(scripts.length > 1 ? { TaskScripts: scripts } : { TaskScript: scripts[0] }),
    MaxAttempts: end === "failed" ? FAILING_ATTEMPTS : ATTEMPTS,
    ...(tasks.includes("hang-once") && { TimeoutSeconds: TIMEOUT_SECONDS }),
  };
}

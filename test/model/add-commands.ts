import fc from "fast-check";
import { expect } from "vitest";
import { addItem, type OnDuplicate } from "../../lib/changes/add.ts";
import type { NewItem } from "../../lib/items/new-item.ts";
import { command, type LifeCommand } from "./command.ts";
import { interrupt } from "./interrupt.ts";
import {
  ABANDONED_MS,
  clear,
  countDone,
  ITEM_IDS,
  type Model,
  type ModelItem,
  type ModelTask,
  move,
  PRIORITIES,
  STEPS,
  startOver,
  takeByForce,
} from "./model.ts";

/** A row of a task file. */
interface AddSpec {
  itemId: string;
  step: string;
  kind: "plain" | "long" | "nested";
  /** how many nested tasks */
  size: number;
  /** changes the last script */
  variant: number;
  priority?: number | undefined;
  maxAttempts?: number | undefined;
  leaseMs?: number | undefined;
  onDuplicate: OnDuplicate;
  /** the event of the last import was delivered again */
  redelivered: boolean;
}

const optional = <T>(value: T) => fc.option(fc.constant(value), { nil: undefined });

const spec: fc.Arbitrary<AddSpec> = fc.record({
  itemId: fc.constantFrom(...ITEM_IDS),
  step: fc.oneof({ weight: 4, arbitrary: fc.constant(STEPS[0]) }, { weight: 1, arbitrary: fc.constant(STEPS[1]) }),
  kind: fc.constantFrom("nested", "plain", "long"),
  size: fc.integer({ min: 1, max: 3 }),
  variant: fc.nat(1),
  priority: optional(PRIORITIES[1]),
  maxAttempts: optional(1),
  leaseMs: optional(5_000),
  onDuplicate: fc.constantFrom("skip", "retry", "reset"),
  redelivered: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** Imports, complete and cut off by the death of the process that makes them. */
export function addCommands(): fc.Arbitrary<LifeCommand>[] {
  return [
    spec.map((one) => addCommand(one)),
    fc.tuple(spec, fc.integer({ min: 1, max: 8 })).map(([one, requests]) => dyingAdd(one, requests)),
  ];
}

function addCommand(one: AddSpec): LifeCommand {
  return command(textOf(one), async (model, { table }) => {
    const row = rowOf(model, one);
    const { outcome } = await addItem(table, row, one.onDuplicate);
    expect(outcome, "what became of the row").toBe(add(model, row, one));
  });
}

function dyingAdd(one: AddSpec, requests: number): LifeCommand {
  return command(`${textOf(one)}, dying after ${requests} requests`, (model, real) => {
    const row = rowOf(model, one);
    if (joinsStep(model, row) && !model.lanes.has(laneOf(row))) model.maybeLanes.add(laneOf(row));
    return interrupt(model, real, {
      itemId: one.itemId,
      requests,
      act: (table) => addItem(table, row, one.onDuplicate),
      expected: (after) => void add(after, row, one),
    });
  });
}

function textOf({ itemId, redelivered, onDuplicate, ...rest }: AddSpec): string {
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
  const what = fields.map(([name, value]) => `${name} ${value}`).join(", ");
  return `${redelivered ? "the last import again" : "import"}, on duplicate ${onDuplicate}: ${itemId} (${what})`;
}

function rowOf(model: Model, one: AddSpec): NewItem {
  const { itemId, step, kind, size, variant, priority, maxAttempts, leaseMs } = one;
  if (!one.redelivered || model.imports === 0) model.imports++;
  const scripts = Array.from({ length: size }, (_, n) => (n === size - 1 ? `variant ${variant}` : `same ${n}`));
  return {
    itemId,
    taskId: `sample of ${itemId}`,
    step,
    ...(kind === "nested" ? { scripts } : { script: `${variant}${kind === "long" ? "x".repeat(3_000) : ""}` }),
    ...(priority !== undefined && { priority }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(leaseMs !== undefined && { leaseMs }),
    source: `import-${model.imports}:2`,
  };
}

function scriptsOf({ script = "", scripts }: NewItem): readonly string[] {
  return scripts ?? (script.length > 3_000 ? [script] : []);
}

/** Changes the model as an import should change the table, and returns what the report should say about the row. */
function add(model: Model, row: NewItem, { onDuplicate }: AddSpec): string {
  const old = model.items.get(row.itemId);
  if (joinsStep(model, row)) addLane(model, row);
  const isAbandoned = old?.parked && model.nowMs - old.parked.sinceMs > ABANDONED_MS;
  if (!old || (isAbandoned && old.parked?.by !== "edit")) {
    putFresh(model, row);
    return "added";
  }
  if (onDuplicate === "skip" || old.source === row.source || old.step !== row.step) return "exists";
  if (onDuplicate === "retry" && old.state === "done") return "exists";
  if (old.state === "locked" || (old.parked && !isAbandoned)) return "locked";
  if (onDuplicate === "reset") {
    putFresh(model, row);
    return "reset";
  }
  const isRestart = old.state === "failed";
  if (!isRestart && !old.parked && !isChanged(old, row)) return "exists";
  retry(model, old, row);
  return isRestart ? "reset" : "changed";
}

/** Rows of items that stay in another step do not leave any step without items. */
function joinsStep({ items, nowMs }: Model, row: NewItem): boolean {
  const old = items.get(row.itemId);
  if (!old || old.step === row.step) return true;
  return old.parked !== undefined && old.parked.by !== "edit" && nowMs - old.parked.sinceMs > ABANDONED_MS;
}

function addLane(model: Model, row: NewItem): void {
  model.lanes.add(laneOf(row));
  model.maybeLanes.delete(laneOf(row));
}

function laneOf({ step, priority = PRIORITIES[0] }: NewItem): string {
  return `${step} ${priority}`;
}

function putFresh(model: Model, row: NewItem): ModelItem {
  const { itemId, taskId, step, priority = PRIORITIES[0], maxAttempts, leaseMs, source = "" } = row;
  const scripts = scriptsOf(row);
  const item: ModelItem = {
    itemId,
    taskId,
    step,
    priority,
    maxAttempts,
    leaseMs,
    script: scripts.length > 0 ? undefined : row.script,
    isLong: scripts.length > 0 && !row.scripts,
    tasks: new Map(scripts.map((script, n) => [`Task_${n}`, { script, state: "todo", run: ++model.runs }])),
    tasksDone: 0,
    state: "todo",
    attempt: model.items.get(itemId)?.attempt ?? 0,
    failures: 0,
    interruptions: 0,
    losses: 0,
    source,
  };
  model.items.set(itemId, item);
  return item;
}

function hasTasksOf(old: ModelItem, row: NewItem): boolean {
  const scripts = scriptsOf(row);
  if (scripts.length === 0) return old.tasks.size === 0 && old.script === row.script;
  // the names matter too: a task may have been deleted
  const isSame = scripts.every((script, n) => old.tasks.get(`Task_${n}`)?.script === script);
  return isSame && old.tasks.size === scripts.length;
}

function isChanged(old: ModelItem, row: NewItem): boolean {
  const settings = [old.priority, old.maxAttempts, old.leaseMs];
  const others = [row.priority ?? PRIORITIES[0], row.maxAttempts, row.leaseMs];
  return !hasTasksOf(old, row) || settings.some((value, n) => value !== others[n]);
}

/** An item that is not done takes what a row says; its done tasks stay done if the row has them too. */
function retry(model: Model, old: ModelItem, row: NewItem): void {
  const heldSinceMs = old.state === "held" && !old.parked ? old.endedAtMs : undefined;
  const scripts = scriptsOf(row);
  const isKept = ([name, task]: [string, ModelTask]) => scripts[Number(name.slice("Task_".length))] === task.script;
  const isSameList = old.tasks.size > 0 && hasTasksOf(old, row) && !old.parked;
  const keepsDone = scripts.length > 0 && [...old.tasks].some((one) => one[1].state === "done" && isKept(one));
  if (!isSameList && keepsDone && old.parked) takeByForce(model, old);
  const item = putFresh(model, row);
  if (isSameList || keepsDone) {
    for (const [name, task] of old.tasks) {
      if (!isKept([name, task])) startOver(model, task);
      else item.tasks.set(name, task);
    }
    item.tasksDone = isSameList ? old.tasksDone : countDone(item);
    if (item.tasksDone > 0) item.isLong = false;
    if (!isSameList) item.claim = old.claim;
  }
  clear(item);
  move(model, item, heldSinceMs === undefined ? "todo" : "held", heldSinceMs);
}

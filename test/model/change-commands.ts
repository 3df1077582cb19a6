import fc from "fast-check";
import { expect } from "vitest";
import { type Change, changeItems, type ItemChange } from "../../lib/changes/change-items.ts";
import { toDelete } from "../../lib/changes/delete-items.ts";
import { toHold, toUnhold } from "../../lib/changes/hold.ts";
import { toReset } from "../../lib/changes/reset.ts";
import type { Selector } from "../../lib/select/selector.ts";
import { pauseStep, resumeStep } from "../../lib/settings/pause-step.ts";
import type { Table } from "../../lib/table.ts";
import { command, type LifeCommand } from "./command.ts";
import { interrupt } from "./interrupt.ts";
import {
  ABANDONED_MS,
  clear,
  ITEM_IDS,
  type Model,
  type ModelItem,
  move,
  recount,
  STEPS,
  startOver,
  takeByForce,
} from "./model.ts";

/** What a person does to items. */
type ChangeSpec = { force: boolean } & (
  | { verb: "reset"; to: "todo" | "held"; tasks?: "all" | readonly string[] }
  | { verb: "hold" | "unhold" }
  | { verb: "delete"; tasks?: readonly string[] }
);
type Result = ItemChange["result"];

const force = fc.boolean();
const itemId = fc.constantFrom(...ITEM_IDS);
const tasks = fc.subarray(["Task_0", "Task_1", "Task_2"], { minLength: 1 });
const change: fc.Arbitrary<ChangeSpec> = fc.oneof(
  fc.record(
    {
      verb: fc.constant("reset" as const),
      to: fc.constantFrom("todo" as const, "held" as const),
      force,
      tasks: fc.oneof(fc.constant("all" as const), tasks),
    },
    { requiredKeys: ["verb", "to", "force"] },
  ),
  fc.record({ verb: fc.constantFrom("hold" as const, "unhold" as const), force }),
  fc.record({ verb: fc.constant("delete" as const), force, tasks }, { requiredKeys: ["verb", "force"] }),
);

/** Changes to one item, to all in a state, and cut off by the death of the process that makes them; pauses of steps. */
export function changeCommands(): fc.Arbitrary<LifeCommand>[] {
  const step = fc.constantFrom(...STEPS);
  const state = fc.constantFrom("todo", "locked", "done", "failed", "held" as const);
  return [
    fc.tuple(change, itemId).map(([one, id]) => changeCommand(`${textOf(one)} ${id}`, one, { ids: [id] })),
    fc
      .tuple(change, state)
      .map(([one, of]) => changeCommand(`${textOf(one)} all that are ${of}`, one, { states: [of] })),
    fc.tuple(change, itemId, fc.integer({ min: 1, max: 8 })).map(([one, id, requests]) => dying(one, id, requests)),
    fc.tuple(step, fc.boolean()).map(([name, pauses]) => pauseCommand(name, pauses)),
  ];
}

function changeCommand(text: string, spec: ChangeSpec, selector: { ids?: string[]; states?: ModelItem["state"][] }) {
  return command(text, async (model, { table }) => {
    const selected = selector.ids ?? [...model.items.values()].filter(inStates(selector.states)).map(idOf);
    const results = await changeAll(table, selector, spec);
    const expected = selected.map((id) => [id, changeOne(model, id, spec)]);
    expect(results, "what became of the items").toEqual(Object.fromEntries(expected));
  });
}

const idOf = (item: ModelItem) => item.itemId;
const inStates =
  (states: readonly string[] = []) =>
  ({ state }: ModelItem) =>
    states.includes(state);

function dying(spec: ChangeSpec, id: string, requests: number): LifeCommand {
  return command(`${textOf(spec)} ${id}, dying after ${requests} requests`, (model, real) =>
    interrupt(model, real, {
      itemId: id,
      requests,
      act: (table) => changeAll(table, { ids: [id] }, spec),
      expected: (after) => void changeOne(after, id, spec),
    }),
  );
}

function pauseCommand(step: string, pauses: boolean): LifeCommand {
  return command(
    `${pauses ? "pause" : "resume"} ${step}`,
    async (model, { table }) => {
      const { changed } = pauses ? await pauseStep(table, step, { by: "somebody" }) : await resumeStep(table, step);
      expect(changed, "whether that changed anything").toBe(pauses !== model.paused.has(step));
      if (pauses) model.paused.add(step);
      else model.paused.delete(step);
    },
    // the name of a step that never had items may be mistyped, so it cannot be resumed
    ({ lanes, paused }) => pauses || paused.has(step) || [...lanes].some((lane) => lane.startsWith(step)),
  );
}

function textOf({ verb, force: byForce, ...rest }: ChangeSpec): string {
  const more = Object.entries(rest).map(([name, value]) => ` ${name} ${value}`);
  return `${verb}${byForce ? " --force" : ""}${more.join("")}`;
}

function toChange(spec: ChangeSpec): Change {
  switch (spec.verb) {
    case "reset":
      return toReset(spec);
    case "hold":
      return toHold(spec);
    case "unhold":
      return toUnhold(spec);
    case "delete":
      return toDelete(spec);
    default:
      return spec satisfies never;
  }
}

async function changeAll(table: Table, selector: Selector, spec: ChangeSpec): Promise<Record<string, Result>> {
  const results: Record<string, Result> = {};
  await changeItems(table, selector, toChange(spec), {
    tell: ({ itemID, result }) => {
      results[itemID] = result;
    },
  });
  return results;
}

/** Changes the model as the change should change the table, and returns what should be reported. */
function changeOne(model: Model, id: string, spec: ChangeSpec): Result {
  const item = model.items.get(id);
  if (!item) return "not found";
  if (item.state === "locked" && !spec.force) return "unchanged";
  if (item.parked && isLeftAlone(model, item.parked, spec)) return "unchanged";
  switch (spec.verb) {
    case "reset":
      return reset(model, item, spec);
    case "hold":
    case "unhold": {
      const [idle, to] = spec.verb === "hold" ? (["todo", "held"] as const) : (["held", "todo"] as const);
      if (!item.parked && item.state !== idle && item.state !== "locked") return "unchanged";
      return put(model, item, to);
    }
    case "delete":
      return spec.tasks ? deleteTasks(model, item, spec.tasks) : deleteItem(model, item);
    default:
      return spec satisfies never;
  }
}

/**
 * While its holder may be alive, no other process touches a parked item; later, only changes that do not need the lost
 * tasks.
 */
function isLeftAlone(model: Model, parked: NonNullable<ModelItem["parked"]>, spec: ChangeSpec): boolean {
  if (model.nowMs - parked.sinceMs <= ABANDONED_MS) return true;
  return parked.by !== "edit" && (spec.verb !== "delete" || spec.tasks !== undefined);
}

function reset(model: Model, item: ModelItem, { to, tasks: given }: Extract<ChangeSpec, { verb: "reset" }>): Result {
  const isPlain = item.tasks.size === 0;
  const names = isPlain ? ["Task_0"] : [...item.tasks.keys()];
  if (Array.isArray(given) && !given.every((name) => names.includes(name))) return "not found";
  const isOne = item.isLong || (item.tasks.size === 1 && item.tasksDone > 0);
  const which = given ?? (isOne ? "all" : []);
  const hadWorker = item.state === "locked" || item.parked !== undefined;
  if (hadWorker) takeByForce(model, item);
  for (const [name, task] of item.tasks) {
    if (which === "all" || which.includes(name)) startOver(model, task);
  }
  if (!isPlain && (hadWorker || which.length > 0)) recountAfter(item, which);
  clear(item);
  return put(model, item, to);
}

function recountAfter(item: ModelItem, which: "all" | readonly string[]): void {
  const { isLong } = item;
  recount(item);
  if (which === "all") item.isLong = isLong;
}

function deleteTasks(model: Model, item: ModelItem, names: readonly string[]): Result {
  const known = item.tasks.size === 0 ? ["Task_0"] : [...item.tasks.keys()];
  if (!names.every((name) => known.includes(name))) return "not found";
  if (names.length >= known.length) return "unchanged";
  if (item.state === "locked" || item.parked) takeByForce(model, item);
  for (const name of names) item.tasks.delete(name);
  recount(item);
  const { state, endedAtMs } = item;
  const after = item.parked ? "held" : state === "locked" ? "todo" : state;
  item.parked = undefined;
  move(model, item, after, endedAtMs);
  return "changed";
}

function deleteItem(model: Model, item: ModelItem): Result {
  model.items.delete(item.itemId);
  return "changed";
}

/** Puts an item in a state by hand; one that is held already keeps its date. */
function put(model: Model, item: ModelItem, to: "todo" | "held"): Result {
  const keptMs = item.state === "held" && to === "held" ? item.endedAtMs : undefined;
  const hadWorker = item.state === "locked" || item.parked !== undefined;
  if (hadWorker) {
    takeByForce(model, item);
    if (item.tasks.size > 0) recount(item);
  }
  item.parked = undefined;
  move(model, item, to, keptMs);
  return "changed";
}

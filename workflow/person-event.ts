import type { ItemEvent } from "../lib/items/item-event.ts";
import type { ItemState } from "../lib/items/states.ts";
import { currentUser } from "../lib/who.ts";

/** Which item was changed, and in what state it was selected. */
interface OfItem {
  itemId: string;
  step?: string | undefined;
  was?: ItemState | undefined;
}

/** What a person did to a table. The fields are stable, because they are printed as they are (docs/events.md). */
export type Act =
  /** one item, not those of an import: `outcome` says what became of one that was there already */
  | { kind: "item:added"; itemId: string; step: string; outcome: "added" | "reset" | "changed" }
  /** it starts over; `tasks`: those of a nested item that start over although they were done */
  | ({ kind: "item:reset"; tasks?: "all" | readonly string[] | undefined } & OfItem)
  | ({ kind: "item:held" } & OfItem)
  | ({ kind: "item:unheld" } & OfItem)
  | ({ kind: "item:deleted" } & OfItem)
  | ({ kind: "tasks:deleted"; tasks: readonly string[] } & OfItem)
  | { kind: "step:paused"; step: string; why?: string | undefined }
  | { kind: "step:resumed"; step: string }
  | { kind: "stop:begun" }
  | { kind: "stop:lifted" };

/** What a method of a workflow did, and what followed from it for items that wait. */
export type PersonEvent = (Act & { by: string }) | ItemEvent;

/** Called with each change that a method makes. */
export type TellPerson = (event: PersonEvent) => void;

/** Tells what a person did, with who that was. */
export function tellAct(tell: TellPerson | undefined, act: Act): void {
  tell?.({ ...act, by: currentUser() });
}

/** The events of methods that change items. */
export const KIND_BY_METHOD = {
  reset: "item:reset",
  resetTasks: "item:reset",
  hold: "item:held",
  release: "item:unheld",
  delete: "item:deleted",
  deleteTasks: "tasks:deleted",
} as const;

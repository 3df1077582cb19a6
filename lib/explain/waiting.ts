import { agreeing, counted } from "../counted.ts";
import { cycleText } from "../depend/cycle.ts";
import type { Predecessor } from "../depend/snapshot.ts";
import { isoDate } from "../iso-date.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { RUNNING_EXPIRES_MS } from "../store/gates.ts";
import { readItem } from "../store/read-row.ts";
import type { Because } from "./explanation.ts";
import { becauseOf } from "./item.ts";
import { type Missing, type OpenPart, type Roots, rootsOf, type Wait, waitsOf } from "./roots.ts";
import type { View } from "./view.ts";
import { ago, anamo, onItem } from "./words.ts";

/** Why a waiting item is waiting: what it names that is not done, then why that is not done. */
export async function becauseItWaits(view: View, itemId: string): Promise<Because[]> {
  const [wait] = await waitsOf(view.table, [itemId]);
  if (!wait) return [];
  const roots = await rootsOf(view.table, [itemId]);
  const reason = isBlocked(wait, roots) ? "blocked" : "waiting";
  const own = wait.open.map((open): Because => {
    return { reason, text: `${itemId} waits for ${openText(open)}.`, itemID: itemId, help: [] };
  });
  return own.length === 0 ? [aboutToStart(itemId)] : [...own, ...(await becauseOfRoots(view, roots))];
}

/** Only a person can help: everything that is not done, directly or further back, has failed for good. */
function isBlocked(wait: Wait, { items, missing, isCut }: Roots): boolean {
  const isOnlyFailed = missing.length === 0 && items.size > 0 && !isCut;
  return wait.isBlocked || (isOnlyFailed && [...items.values()].every(({ state }) => state === "failed"));
}

function aboutToStart(itemId: string): Because {
  const text = `Everything that ${itemId} waits for is done: it is about to be released, by the next sweep at the latest.`;
  return { reason: "about to start", text, itemID: itemId, help: [onItem("look again", ["explain"], itemId)] };
}

/** `all items of step call: 3 of 40 are not done (2 waiting, 1 failed)`. */
function openText({ part, states, isImporting }: OpenPart): string {
  const { step, itemId, isWhole, found } = part;
  const what = itemId ?? (isWhole ? `all items of step ${step}` : `its sample's items in step ${step}`);
  if (found.length === 0) return `${what}: nothing is there yet`;
  const count = [...states.values()].reduce((sum, one) => sum + one, 0);
  if (count === 0) return `${what}: an import is adding to ${isImporting ? "them" : "it"}`;
  if (itemId !== undefined) return `${itemId}, which is ${[...states.keys()].join()}`;
  const each = ITEM_STATES.flatMap((state) => (states.has(state) ? [`${states.get(state)} ${state}`] : []));
  const more = isImporting ? "; an import is adding others" : "";
  return `${what}: ${count} of ${found.length} ${agreeing(count, "is", "are")} not done (${each.join(", ")})${more}`;
}

/** What holds up most: a failed item needs a person, a running one only time. */
const RANK: readonly ItemState[] = ["failed", "held", "todo", "locked"];

/** Why the roots are not done: for each state the first item, and how many others there are. */
export async function becauseOfRoots(view: View, { items, missing, isCut, circle }: Roots): Promise<Because[]> {
  const found: Because[] = circle ? [ofCircle(circle)] : [];
  const byState = Map.groupBy(items.values(), ({ state }) => state);
  for (const state of RANK) {
    const those = byState.get(state) ?? [];
    if (those.length > 0) found.push(...(await becauseOfSome(view, those)));
    if (state === "held") found.push(...missing.slice(0, MOST_MISSING).map((one) => ofMissing(view, one)));
  }
  if (isCut && found[0]) found[0] = { ...found[0], text: found[0].text.replace(/\.$/, "; not all was looked at.") };
  return found;
}

/**
 * A row that names no itemIDs may close a circle that its import cannot detect: it would have to read all other rows.
 */
function ofCircle(circle: readonly string[]): Because {
  const [itemId = ""] = circle;
  const text = `None of these can ever start, as they wait for each other in a circle: ${cycleText(circle)}.`;
  const help = onItem("take one out; then correct its row, and import it again", ["delete"], itemId);
  return { reason: "circle", text, itemID: itemId, count: circle.length - 1, help: [help] };
}

const MOST_MISSING = 3;

async function becauseOfSome(view: View, those: readonly Predecessor[]): Promise<Because[]> {
  const [first] = those;
  const item = first && (await readItem(view.table, first.itemId));
  if (!item) return [];
  const reasons = await becauseOf(view, item);
  const others = those.length - 1;
  if (others === 0 || !reasons[0]) return reasons;
  const more = `${counted(others, "more item")} like it ${agreeing(others, "is", "are")} ${item.state}`;
  const [head, ...rest] = reasons;
  return [{ ...head, text: `${head?.text} ${more}.`, count: those.length } as Because, ...rest];
}

/** Nothing has been added, or an import is still running. */
function ofMissing({ nowMs }: View, { kind, part, watcher, seenMs = 0 }: Missing): Because {
  const { step, itemId, isWhole } = part;
  if (kind === "importing") {
    const text = `An import is adding items to step ${step}; it last said so at ${ago(seenMs, nowMs)}, and counts as dead at ${isoDate(seenMs + RUNNING_EXPIRES_MS)}.`;
    return { reason: "importing", text, step: step ?? "", help: [anamo("what is there so far", "summary")] };
  }
  if (itemId !== undefined) {
    const text = `Item ${itemId} has not been added yet: import the task file that has it, or check the name in AfterItems of ${watcher.itemId}.`;
    return { reason: "not added", text, itemID: itemId, help: [onItem("what it names", ["show"], watcher.itemId)] };
  }
  const what = isWhole ? `Step ${step} has no items yet` : `Step ${step} has no item of sample ${watcher.taskId} yet`;
  const text = `${what}: import the task file that has them, or check the names in ${watcher.itemId}.`;
  return { reason: "not added", text, step: step ?? "", help: [anamo("the steps that there are", "step", "list")] };
}

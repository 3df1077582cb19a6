import { agreeing, counted } from "../counted.ts";
import { duration } from "../duration.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { isoDate } from "../iso-date.ts";
import type { ItemEntry } from "../items/item.ts";
import { ITEM_STATES, type ItemState } from "../items/states.ts";
import { partitionsOf, readPartition } from "../store/list-entries.ts";
import { readItem } from "../store/read-row.ts";
import type { Because, StepExplanation } from "./explanation.ts";
import { becauseOf, standstillsOf } from "./item.ts";
import { rootsOf, waitsOf } from "./roots.ts";
import type { View } from "./view.ts";
import { becauseOfRoots } from "./waiting.ts";
import { anamo, someOf } from "./words.ts";
import { workersSentence } from "./workers-sentence.ts";

const WIDTH = 16;
/** How many waiting items of a step are followed to what they wait for. */
const MAX_FOLLOWED = 500;

/**
 * Why the items of a step are in their states: counts from the index, and for each state what keeps the items there.
 */
export async function explainStep(view: View, step: string): Promise<StepExplanation> {
  const found = await entriesOf(view, step);
  const items = Object.fromEntries(
    ITEM_STATES.flatMap((state) => (found.has(state) ? [[state, found.get(state)?.length]] : [])),
  ) as StepExplanation["items"];
  const still = standstillsOf(view, step);
  const because = [...still];
  if (found.size === 0) because.push(noItems(view, step));
  for (const state of ORDER) {
    const those = found.get(state);
    if (those) because.push(...(await ofState(view, those, still.length > 0)));
  }
  return { step, items, because };
}

/** States in which a person must act come first. */
const ORDER: readonly ItemState[] = ["failed", "held", "waiting", "todo", "locked", "done"];

async function entriesOf({ table, settings }: View, step: string): Promise<Map<ItemState, ItemEntry[]>> {
  const found = new Map<ItemState, ItemEntry[]>();
  await sideBySide(partitionsOf(settings, { steps: [step] }), WIDTH, async (partition) => {
    for await (const page of readPartition(table, partition)) {
      for (const entry of page) {
        if (entry.step !== step) continue;
        const those = found.get(entry.state);
        if (those) those.push(entry);
        else found.set(entry.state, [entry]);
      }
    }
  });
  return found;
}

function noItems({ settings: { links, steps } }: View, step: string): Because {
  const behind = [...links].flatMap(([name, { after, afterAll }]) =>
    [...after, ...afterAll].includes(step) ? [name] : [],
  );
  const waits = behind.length > 0 ? `; step ${behind.join(", ")} waits for it` : "";
  const known = [...steps.keys()].filter((name) => name !== step);
  const others = known.length > 0 ? ` The steps that have items: ${someOf(known, 10)}.` : "";
  const text = `Step ${step} has no items yet${waits}: import its task file.${others}`;
  return { reason: "not added", text, step, help: [anamo("the steps that there are", "step", "list")] };
}

async function ofState(view: View, entries: readonly ItemEntry[], isStill: boolean): Promise<Because[]> {
  const state = entries[0]?.state ?? "done";
  switch (state) {
    case "waiting":
      return ofWaiting(view, entries);
    case "todo":
      return ofTodo(view, entries, isStill);
    case "done":
      return ofDone(view, entries);
    default:
      return withExample(view, entries);
  }
}

async function ofWaiting(view: View, entries: readonly ItemEntry[]): Promise<Because[]> {
  const ids = entries.slice(0, MAX_FOLLOWED).map(({ itemId }) => itemId);
  const waits = await waitsOf(view.table, ids);
  const blocked = waits.filter(({ isBlocked }) => isBlocked).length;
  const steps = new Set(waits.flatMap(({ open }) => open.map(({ part }) => part.step ?? `item ${part.itemId}`)));
  const cut = entries.length > ids.length ? ` Of these, ${ids.length} were looked at.` : "";
  const ofBlocked = blocked > 0 ? `; ${blocked} of these ${agreeing(blocked, "is", "are")} blocked` : "";
  const text = `${counted(entries.length, "item")} ${agreeing(entries.length, "waits", "wait")} for ${someOf([...steps].sort())}${ofBlocked}.${cut}`;
  const first: Because = { reason: blocked > 0 ? "blocked" : "waiting", text, count: entries.length, help: [] };
  return [first, ...(await becauseOfRoots(view, await rootsOf(view.table, ids)))];
}

async function ofTodo(view: View, entries: readonly ItemEntry[], isStill: boolean): Promise<Because[]> {
  const later = entries.filter(({ readyAtMs = 0 }) => readyAtMs > view.nowMs);
  const ready = entries.length - later.length;
  const found: Because[] = [];
  if (ready > 0 && !isStill) {
    const sentence = workersSentence(await view.workers(), `${counted(ready, "item")} can be claimed`);
    found.push({ ...sentence, count: ready });
  }
  const nextMs = later.reduce((least, { readyAtMs = 0 }) => Math.min(least, readyAtMs), Number.POSITIVE_INFINITY);
  if (later.length > 0) {
    const verb = agreeing(later.length, "has failed and is", "have failed and are");
    const text = `${counted(later.length, "item")} ${verb} tried again later, the first in ${duration(nextMs - view.nowMs)}.`;
    const step = later[0]?.step ?? "";
    const help = [anamo("which", "items", "--step", step, "--state", "todo", "--fields", "itemID,readyAt,exitCode")];
    found.push({ reason: "backing off", text, at: isoDate(nextMs), count: later.length, help });
  }
  return found;
}

async function ofDone(view: View, entries: readonly ItemEntry[]): Promise<Because[]> {
  const newest = entries.reduce((a, b) => ((a.endedAtMs ?? 0) > (b.endedAtMs ?? 0) ? a : b));
  const text = `${counted(entries.length, "item")} ${agreeing(entries.length, "is", "are")} done, the last since ${isoDate(newest.endedAtMs ?? 0)}.`;
  const done: Because = { reason: "done", text, count: entries.length, help: [] };
  const item = await readItem(view.table, newest.itemId);
  const late = item
    ? (await becauseOf(view, item)).filter(({ reason }) => reason.startsWith("ran with") || reason === "outdated")
    : [];
  return [done, ...late];
}

/** The item that has been in this state longest, and how many others there are. */
async function withExample(view: View, entries: readonly ItemEntry[]): Promise<Because[]> {
  const [first] = entries.toSorted((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0));
  const item = first && (await readItem(view.table, first.itemId));
  if (!item) return [];
  const [head, ...rest] = await becauseOf(view, item);
  if (!head) return [];
  const others = entries.length - 1;
  if (others === 0) return [head, ...rest];
  const { step, state } = item;
  const list = anamo("all of them", "items", "--step", step, "--state", state);
  const text = `${head.text} ${counted(others, "more item")} of step ${step} ${agreeing(others, "is", "are")} ${state}.`;
  return [{ ...head, text, count: entries.length, help: [...head.help, list] }, ...rest];
}

import { sideBySide } from "../flow/side-by-side.ts";
import type { Table } from "../table.ts";
import { evaluateItems } from "./evaluate.ts";
import { evaluateWaitingForStep } from "./evaluate-waiting-for-step.ts";
import { type Ended, listWaitingFor } from "./list-waiting.ts";
import { readPredecessors } from "./snapshot.ts";
import { allWake, listedWake, parseWake } from "./wakes.ts";

/**
 * Evaluates every item whose name was on an item's row when that ended, or on a gate when the name was taken. Costs
 * nothing without names.
 */
export async function wake(table: Table, names: ReadonlySet<string>, ended: Ended): Promise<void> {
  if (names.size === 0) return;
  const wakes = [...names].flatMap((name) => parseWake(name) ?? []);
  const ids = wakes.flatMap((one) => (one.kind === "item" ? [one.itemId] : []));
  const listed = await sideBySide(wakes, 1, async (one) =>
    one.kind === "listed" ? listWaitingFor(table, one.step, ended) : [],
  );
  const blocked = await evaluateItems(table, [...ids, ...listed.flat()]);
  for (const one of wakes) if (one.kind === "all") blocked.push(...(await evaluateWaitingForStep(table, one.step)));
  await wakeFollowersOfBlocked(table, blocked);
}

/**
 * Evaluates whole steps that depend on blocked items, directly or not: nobody will end these items, and items that
 * tolerate some failures may be released without them. If this process dies here, the sweep does it.
 */
async function wakeFollowersOfBlocked(table: Table, blocked: readonly string[]): Promise<void> {
  const seen = new Set<string>();
  const steps = new Set<string>();
  let ids = [...new Set(blocked)];
  while (ids.length > 0) {
    for (const itemId of ids) seen.add(itemId);
    const next = new Set<string>();
    for (const item of (await readPredecessors(table, ids)).values()) {
      for (const name of item.wakes) {
        const one = parseWake(name);
        if (one?.kind === "item") next.add(one.itemId);
        if (one?.kind === "listed") for (const itemId of await listWaitingFor(table, one.step, item)) next.add(itemId);
        if (one?.kind !== "all" || steps.has(one.step)) continue;
        steps.add(one.step);
        for (const itemId of await evaluateWaitingForStep(table, one.step)) next.add(itemId);
      }
    }
    ids = [...next].filter((itemId) => !seen.has(itemId));
  }
}

/** Evaluates every item that the index lists under an item that has ended, if the names on its row are lost. */
export async function wakeListed(table: Table, ended: { itemId: string; step: string; taskId: string }): Promise<void> {
  const { links } = await table.settings.get(0);
  const names = new Set<string>();
  for (const [step, { after, afterAll, afterItems }] of links) {
    if (afterAll.includes(ended.step)) names.add(allWake(ended.step));
    if (afterItems || after.includes(ended.step)) names.add(listedWake(step));
  }
  await wake(table, names, ended);
}

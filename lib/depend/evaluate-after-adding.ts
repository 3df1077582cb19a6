import { type Dependencies, isDependent } from "../items/dependencies.ts";
import { endRunning, readGate, takeWakes } from "../store/gates.ts";
import type { Table } from "../table.ts";
import { evaluateItems } from "./evaluate.ts";
import { liveGate } from "./snapshot.ts";
import { wake } from "./wake.ts";

/**
 * After an item was added, evaluates the items that waited for it, and the item itself if it waits. While an import
 * writes into the step, leaves that to the end of the import. 2 read units.
 */
export async function evaluateAfterAdding(table: Table, item: Dependencies & { itemId: string; step: string }) {
  const { step } = item;
  const gate = await liveGate(table, step);
  if (gate.wakes.size > 0) await wake(table, await takeWakes(table, step), { step });
  await evaluateWaitingForItems(table);
  if (isDependent(item)) await evaluateItems(table, [item.itemId]);
}

/**
 * Ends an import's registration with its steps, then evaluates the items that waited for that, and the import's own
 * waiting items.
 */
export async function evaluateAfterImport(
  table: Table,
  { importId, steps, waiting }: { importId: string; steps: Iterable<string>; waiting: readonly string[] },
): Promise<void> {
  for (const step of steps) {
    const gate = await endRunning(table, step, importId);
    if (gate.running.size === 0 && gate.wakes.size > 0) await wake(table, await takeWakes(table, step), { step });
  }
  await evaluateWaitingForItems(table);
  await evaluateItems(table, waiting);
}

/** Evaluates the items that wait for items by id which did not exist. */
async function evaluateWaitingForItems(table: Table): Promise<void> {
  const gate = await readGate(table);
  if (gate.wakes.size > 0) await wake(table, await takeWakes(table), { anyItem: true });
}

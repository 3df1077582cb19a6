import { type Dependencies, isDependent } from "../items/dependencies.ts";
import { endRunning, readGate, takeWakes } from "../store/gates.ts";
import type { Table } from "../table.ts";
import { evaluateItems } from "./evaluate.ts";
import { liveGate } from "./snapshot.ts";
import { wake } from "./wake.ts";

/**
 * Looks at those who waited for something to come, now that an item was added, and at the item if it waits itself.
 * While an import writes into the step, that is left to its end. 2 read units.
 */
export async function lookAfterAdding(table: Table, item: Dependencies & { itemId: string; step: string }) {
  const { step } = item;
  const gate = await liveGate(table, step);
  if (gate.wakes.size > 0) await wake(table, await takeWakes(table, step), { step });
  await lookForItems(table);
  if (isDependent(item)) await evaluateItems(table, [item.itemId]);
}

/** Ends what an import did to steps, looks at those who waited for that, and at its own items that wait. */
export async function lookAfterImport(
  table: Table,
  { importId, steps, waiting }: { importId: string; steps: Iterable<string>; waiting: readonly string[] },
): Promise<void> {
  for (const step of steps) {
    const gate = await endRunning(table, step, importId);
    if (gate.running.size === 0 && gate.wakes.size > 0) await wake(table, await takeWakes(table, step), { step });
  }
  await lookForItems(table);
  await evaluateItems(table, waiting);
}

/** Looks at those who wait for items by their ids that did not exist. */
async function lookForItems(table: Table): Promise<void> {
  const gate = await readGate(table);
  if (gate.wakes.size > 0) await wake(table, await takeWakes(table), { anyItem: true });
}

import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { Item, Removal } from "../items/item.ts";
import { allRecordsOf, type ResultRecord } from "../results/record.ts";
import { advanceRemoval, askRemoval, takeBack } from "../results/removal.ts";
import type { ResultStore } from "../results/store.ts";
import { membersOfStep } from "../store/members.ts";
import { mustKnow } from "../store/needs.ts";
import { ROWS_A_READ, readItemRows } from "../store/read-rows.ts";
import { rowToItem } from "../store/rows.ts";
import type { Table } from "../table.ts";
import { Candidates } from "./candidates.ts";
import { finishedOf, isImporting } from "./finished.ts";
import { readLook, writeLook } from "./last-look.ts";

/** How late entries may appear in the index. */
const LOOK_BACK_MS = 5 * 60_000;
const WIDTH = 8;

/**
 * Removes results whose step keeps them only until their followers are done, once those are done: results/removal.ts
 * explains the order, finished.ts the condition. Returns the number of items. Removes nothing while an import is
 * running. Any process may call this at any time, even concurrently.
 *
 * It checks followers that have ended since the last look, and all items of these steps if the settings have changed or
 * items were deleted. A table without such a step costs nothing.
 */
export async function removeUnneeded(table: Table, openResults: () => Promise<ResultStore>): Promise<number> {
  const settings = await table.settings.get();
  // a worker also gets settings of a later version, but only that knows what is still needed
  mustKnow(table.name, settings);
  const { keeps, lacksMembers, shards, deletedAtMs = 0 } = settings;
  if (keeps.size === 0 || lacksMembers) return 0;
  const startedAtMs = table.now();
  const steps = [...keeps.keys()].sort();
  const last = await readLook(table);
  const isWhole = !last || last.steps !== JSON.stringify(steps) || deletedAtMs > last.wholeAtMs;
  const candidates = new Candidates(table, settings, (last?.lookedAtMs ?? 0) - LOOK_BACK_MS);
  const found: { step: string; ids: string[] }[] = [];
  for (const step of steps) {
    const ids = isWhole
      ? (await membersOfStep(table, step, shards)).map(({ itemId }) => itemId)
      : await candidates.of(step);
    if (ids.length > 0) found.push({ step, ids });
  }
  if (found.length > 0 && (await isImporting(table))) return 0;
  const total = { removed: 0, isSure: true };
  for (const { step, ids } of found) {
    const results = await openResults();
    for (const chunk of chunksOf(ids, ROWS_A_READ)) {
      const { removed, isSure } = await removeOf(table, results, { step, ids: chunk });
      total.removed += removed;
      total.isSure &&= isSure;
    }
  }
  if (total.isSure && (isWhole || candidates.hasFound)) {
    const wholeAtMs = isWhole ? startedAtMs : last.wholeAtMs;
    await writeLook(table, { lookedAtMs: startedAtMs, wholeAtMs, steps: JSON.stringify(steps) });
  }
  return total.removed;
}

interface Marked {
  item: Item;
  removal: Removal;
  records: ResultRecord[];
}

async function removeOf(table: Table, results: ResultStore, { step, ids }: { step: string; ids: readonly string[] }) {
  const items = (await readItemRows(table, ids)).map(rowToItem).filter((item) => item.step === step);
  // a process has died while removing these
  const decided = items.filter(({ removal }) => removal?.phase === "decided");
  const done = items.filter((item) => item.state === "done" && mayHaveResults(item) && !decided.includes(item));
  const asked = (await sideBySide(await finishedOf(table, done), WIDTH, (item) => ask(table, item))).flat();
  // an import may have begun, in which case the next sweep must check the same items again
  const isKept = asked.length > 0 && (!(await keeps(table, step)) || (await isImporting(table)));
  const gone = await decide(table, asked, isKept ? "keep" : "remove");
  for (const item of decided) {
    if (item.removal) gone.push({ item, removal: item.removal, records: await recordsUpTo(table, item, item.removal) });
  }
  await sideBySide(gone, WIDTH, async ({ item, removal, records }) => {
    for (const record of records) await results.remove(record);
    await advanceRemoval(table, item.itemId, removal, "gone");
  });
  return { removed: gone.length, isSure: !isKept };
}

async function keeps(table: Table, step: string): Promise<boolean> {
  return (await table.settings.get(0)).keeps.has(step);
}

/** Whether there may be results that have not been removed; for a nested item, only its tasks can tell. */
function mayHaveResults({ results, nestedTasks, removal, attempt }: Item): boolean {
  if (removal?.phase === "gone" && removal.attempt >= attempt) return false;
  return results !== undefined || nestedTasks > 0;
}

async function ask(table: Table, item: Item): Promise<Marked[]> {
  const records = await Array.fromAsync(allRecordsOf(table, item));
  if (records.length === 0) return [];
  const removal = await askRemoval(table, item);
  return removal ? [{ item, removal, records }] : [];
}

/** Checks the followers again: from now on, a process that starts to read the results takes the mark back. */
async function decide(table: Table, asked: readonly Marked[], how: "keep" | "remove"): Promise<Marked[]> {
  if (asked.length === 0) return [];
  const items = asked.map(({ item }) => item);
  const finished = new Set(how === "keep" ? [] : await finishedOf(table, items));
  const decided = await sideBySide(asked, WIDTH, async ({ item, removal, records }): Promise<Marked[]> => {
    if (!finished.has(item)) {
      await takeBack(table, item.itemId, removal);
      return [];
    }
    const isOurs = await advanceRemoval(table, item.itemId, removal, "decided");
    return isOurs ? [{ item, removal: { ...removal, phase: "decided" }, records }] : [];
  });
  return decided.flat();
}

async function recordsUpTo(table: Table, item: Item, { attempt }: Removal): Promise<ResultRecord[]> {
  const records = await Array.fromAsync(allRecordsOf(table, item));
  return records.filter(({ results }) => results.attempt <= attempt);
}

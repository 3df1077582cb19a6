import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import { noteMarked } from "../store/gates.ts";
import { allPrefix } from "../store/waiting-keys.ts";
import type { Table } from "../table.ts";
import { isBlockedNow, withBlocked } from "./blocked-before.ts";
import { type Decision, decide, isUnfinished, type Part } from "./decide.ts";
import { markStep } from "./mark-step.ts";
import { writeOpening } from "./openings.ts";
import { putWakeOn, putWakeOnGate } from "./put-wake.ts";
import { readWatchers } from "./read-watchers.ts";
import { moveTarget, releaseItem } from "./release.ts";
import { type Predecessor, readSnapshot, type Snapshot, TABLE_GATE } from "./snapshot.ts";
import { tidyMembers } from "./tidy-members.ts";
import { allWake, itemWake, listedWake, MAX_WAKES } from "./wakes.ts";
import { targetNow, toleratesFailures, type Watcher, watcherOf } from "./watcher.ts";

/*
 * How a waiting item is released, or handed on. Any process may do this for any waiting item, any number of times, and
 * may die at any point; the sweep repeats it.
 *
 *   1. The waiting items are read or listed, with their epochs.
 *   2. The gates of the steps that they name are read: is an import running?
 *   3. The members of those steps, and then the items themselves, are read consistently.
 *   4. If everything is done, one conditional write releases the item, unless it was started over since 1.
 *      If something is unfinished, the item's name goes onto that row, on condition that it has not ended since 3.
 *      The process that ends it evaluates the item again.
 *      If nothing is there yet, or an import runs, the name goes onto the gate; adding something evaluates it again.
 *
 * The order of the reads is what makes this correct; test/lib/depend/ explores it.
 */

/** After this many evaluations, an item that keeps changing is left to the sweep. */
const LOOKS = 12;
const WIDTH = 64;
/** How many waiting items are evaluated together. */
const CHUNK = 2_000;

/** Evaluates the waiting items among these. Returns the ids of the blocked ones. */
export async function evaluateItems(table: Table, itemIds: readonly string[]): Promise<string[]> {
  const blocked: string[] = [];
  for (const chunk of chunksOf([...new Set(itemIds)], CHUNK))
    blocked.push(...(await evaluate(table, await readWatchers(table, chunk))));
  return blocked;
}

/**
 * Evaluates waiting items that were read or listed before anything that they name. `isUnmarked`: a moment ago no
 * unfinished item of this step could be found for the mark, so do not search again. Returns the ids of the blocked
 * ones.
 */
export async function evaluate(
  table: Table,
  watchers: readonly Watcher[],
  { isUnmarked }: { isUnmarked?: string } = {},
): Promise<string[]> {
  let left = watchers;
  const blocked = new Set<string>();
  for (let looks = 0; left.length > 0 && looks < LOOKS; looks++) {
    const open = await withoutHeldUp(table, left, looks === 0 ? isUnmarked : undefined);
    left = open.length > 0 ? await look(table, open, blocked) : [];
  }
  return [...blocked];
}

/** Evaluates each watcher once. Returns those that must be evaluated again; adds the blocked ones to `blocked`. */
async function look(table: Table, watchers: readonly Watcher[], blocked: Set<string>): Promise<Watcher[]> {
  const snapshot = await withBlocked(table, watchers, await readSnapshot(table, watchers));
  const round = new Round(table, snapshot);
  const again = await sideBySide(watchers, WIDTH, (watcher) => {
    const decision = decide(watcher, snapshot);
    if (decision.kind === "blocked" && !blocked.has(watcher.itemId)) {
      blocked.add(watcher.itemId);
      reportBlocked(table, watcher, decision.parts);
    }
    return round.act(watcher, decision);
  });
  await tidyMembers(table, snapshot.orphans);
  return again.flatMap((watcher) => watcher ?? []);
}

/** A few names are enough to show a person where to look; `explain` has the others. */
const NAMED = 3;

function reportBlocked(
  { tell }: Table,
  { itemId, step }: Watcher,
  parts: readonly { failed: readonly Predecessor[] }[],
): void {
  if (!tell) return;
  const behind = parts.flatMap(({ failed }) => failed.slice(0, NAMED).map((item) => item.itemId)).slice(0, NAMED);
  tell({ kind: "item:blocked", itemId, step, behind });
}

/**
 * Leaves out items that wait for a whole step which is certainly not over: an open item of it has, or now gets, its
 * mark.
 */
async function withoutHeldUp(
  table: Table,
  watchers: readonly Watcher[],
  isUnmarked: string | undefined,
): Promise<Watcher[]> {
  const steps = new Set(watchers.flatMap(({ dependencies }) => dependencies.afterAll ?? []));
  let left = [...watchers];
  for (const step of steps) {
    if (step === isUnmarked) continue;
    const listed = new Set(left.filter((watcher) => isListedUnder(watcher, step)));
    const mark = listed.size > 0 ? await markStep(table, step) : undefined;
    if (!mark) continue;
    const mayBeInVain = mark.isWaiting && [...listed].some(toleratesFailures);
    const isInVain = mayBeInVain && (await isBlockedNow(table, mark.itemId));
    left = left.filter((watcher) => !listed.has(watcher) || (isInVain && toleratesFailures(watcher)));
  }
  return left;
}

function isListedUnder(watcher: Watcher, step: string): boolean {
  return targetNow(watcher).startsWith(allPrefix(step));
}

/** Carries out decisions about many watchers that were made from one snapshot. */
class Round {
  readonly #table: Table;
  readonly #snapshot: Snapshot;
  /** writes for one watcher that also serve others: marks on items and gates, openings */
  readonly #shared = new Map<string, Promise<unknown>>();
  /** how many names each row has, including those that this round adds */
  readonly #sizes = new Map<string, number>();

  constructor(table: Table, snapshot: Snapshot) {
    this.#table = table;
    this.#snapshot = snapshot;
  }

  /** Returns the watcher if it must be evaluated again. */
  async act(watcher: Watcher, decision: Decision): Promise<Watcher | undefined> {
    switch (decision.kind) {
      case "release":
        return this.#release(watcher);
      case "unfinished":
        return this.#putOn(watcher, decision.part, decision.on);
      case "blocked":
        for (const { part, failed } of decision.parts) {
          for (const on of failed) {
            const again = await this.#putOn(watcher, part, on);
            if (again) return again;
          }
        }
        return this.#putOnGates(watcher, decision.parts);
      case "importing":
        return this.#putOnGate(watcher, decision, { ifRunning: true });
      case "nothing":
        return this.#putOnGate(watcher, decision, { ifRunning: false });
      default:
        return decision satisfies never;
    }
  }

  /**
   * A share of the items may fail, so more items, even done ones, may release a blocked watcher. They may have come
   * after the step was read, and the process that added them did not find the name.
   */
  async #putOnGates(watcher: Watcher, parts: readonly { part: Part }[]): Promise<Watcher | undefined> {
    if (!watcher.dependencies.allowFailed?.endsWith("%")) return undefined;
    let again: Watcher | undefined;
    for (const { part } of parts) {
      if (part.isWhole) again ??= await this.#putOnGate(watcher, { part, gate: part.step ?? "" }, { ifRunning: false });
    }
    return again;
  }

  async #release(watcher: Watcher): Promise<Watcher | undefined> {
    const opening = await this.#openingFor(watcher);
    const { won, row } = await releaseItem(this.#table, watcher, opening);
    if (won) this.#table.tell?.({ kind: "item:ready", itemId: watcher.itemId, step: watcher.step });
    // started over, or listed elsewhere, since it was read
    return won ? undefined : watcherOf(row);
  }

  #openingFor({ dependencies }: Watcher): Promise<string | undefined> {
    const { afterAll = [] } = dependencies;
    if (afterAll.length === 0) return Promise.resolve(undefined);
    const steps = afterAll.toSorted();
    return this.#once(`opening ${JSON.stringify(steps)}`, () => writeOpening(this.#table, steps, this.#snapshot));
  }

  async #putOn(watcher: Watcher, part: Part, on: Predecessor): Promise<Watcher | undefined> {
    const { isThere, mustBeListed, name } = this.#plan(watcher, part, { row: on.itemId, wakes: on.wakes });
    if (isThere) return undefined;
    const placed = await this.#place(watcher, part, mustBeListed);
    if (!placed) return this.#reread(watcher);
    const put = await this.#once(`${name} on ${on.itemId}`, async () => {
      const result = await putWakeOn(this.#table, on, name);
      if (result === "put" && part.isWhole && isUnfinished(on))
        await noteMarked(this.#table, part.step ?? "", on.itemId);
      return result;
    });
    return put === "put" ? undefined : placed;
  }

  async #putOnGate(
    watcher: Watcher,
    { part, gate }: { part: Part; gate: string },
    { ifRunning }: { ifRunning: boolean },
  ): Promise<Watcher | undefined> {
    const wakes = this.#snapshot.gates.get(gate)?.wakes ?? new Set();
    const { isThere, mustBeListed, name } = this.#plan(watcher, part, { row: `#${gate}`, wakes });
    if (isThere) return undefined;
    const placed = await this.#place(watcher, part, mustBeListed);
    if (!placed) return this.#reread(watcher);
    const step = gate === TABLE_GATE ? undefined : gate;
    const put = await this.#once(`${name} on gate ${gate}`, () =>
      putWakeOnGate(this.#table, step, name, { ifRunning }),
    );
    // if nothing was there, it may have come since, and the process that added it may have looked for names before this
    // one
    return put === "put" && ifRunning ? undefined : placed;
  }

  /**
   * The name to put onto a row, unless it is already there: the process that ends an item reads the names that its row
   * has by then.
   */
  #plan(watcher: Watcher, part: Part, { row, wakes }: { row: string; wakes: ReadonlySet<string> }) {
    const isListed = targetNow(watcher) === part.target;
    if (part.isWhole) {
      const name = allWake(part.step ?? "");
      return { name, isThere: isListed && wakes.has(name), mustBeListed: true };
    }
    const [own, listed] = [itemWake(watcher.itemId), listedWake(watcher.step)];
    if (wakes.has(own) || (isListed && wakes.has(listed))) return { name: own, isThere: true, mustBeListed: false };
    const size = this.#sizes.get(row) ?? wakes.size;
    this.#sizes.set(row, size + 1);
    const isFull = size >= MAX_WAKES;
    return { name: isFull ? listed : own, isThere: false, mustBeListed: isFull };
  }

  /** The watcher where the index must list it: under what it now waits for, rather than under a step that is over. */
  #place(watcher: Watcher, part: Part, mustBeListed: boolean): Promise<Watcher | undefined> {
    const isStale = targetNow(watcher).startsWith("a#");
    return mustBeListed || isStale ? moveTarget(this.#table, watcher, part.target) : Promise.resolve(watcher);
  }

  async #reread({ itemId }: Watcher): Promise<Watcher | undefined> {
    return (await readWatchers(this.#table, [itemId]))[0];
  }

  #once<T>(what: string, act: () => Promise<T>): Promise<T> {
    const known = this.#shared.get(what) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const begun = act();
    this.#shared.set(what, begun);
    return begun;
  }
}

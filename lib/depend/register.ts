import { AnamoError } from "../errors.ts";
import { type Dependencies, isDependent } from "../items/dependencies.ts";
import type { NewItem } from "../items/new-item.ts";
import { DEFAULT_PRIORITY } from "../store/keys.ts";
import { readRow } from "../store/read-row.ts";
import { SETTINGS_KEY } from "../store/schema.ts";
import { parseSettings, SETTING, type Settings, storedLinks } from "../store/settings.ts";
import { changeSettings } from "../store/settings-row.ts";
import type { Table } from "../table.ts";
import { cycleText, stepCycle } from "./cycle.ts";
import { itemCycle, namedCycle, noteNaming } from "./item-cycle.ts";

/** An item that waits for others and cannot be added. Its parts form a sentence, like those of a Problem. */
export class CannotWaitError extends AnamoError {
  readonly expected: string;
  readonly found: string;
  readonly hint: string;
  constructor({ expected, found, hint }: { expected: string; found: string; hint: string }) {
    super("cannot-wait", `expected ${expected}, found ${found}; ${hint}`);
    this.expected = expected;
    this.found = found;
    this.hint = hint;
  }
}

interface NewMember extends Dependencies {
  step: string;
  priority?: number | undefined;
}

/**
 * Announces an item's step, its priority, and what it waits for, before the item is put. Writes only for the first item
 * of each. Throws a CannotWaitError if steps would wait for each other in a circle, or if the table is from an earlier
 * version and not all its items can be found by sample.
 */
export async function register(table: Table, item: NewMember): Promise<Settings> {
  const { step, priority = DEFAULT_PRIORITY } = item;
  const settings = table.settings.known(step, priority) ?? (await table.settings.register(step, priority));
  if (!isDependent(item) || knowsLinks(settings, item)) return settings;
  return table.settings.once(`links ${JSON.stringify(storedLinks(step, item))}`, () =>
    inTurn(table, () => registerLinks(table, item)),
  );
}

const turns = new WeakMap<Table["settings"], Promise<unknown>>();

/** Runs one at a time in this process, because rows of many new steps would refuse each other's writes. */
function inTurn<T>({ settings }: Table, act: () => Promise<T>): Promise<T> {
  const own = (turns.get(settings) ?? Promise.resolve()).then(act);
  turns.set(
    settings,
    own.catch(() => {}),
  );
  return own;
}

/** Whether it is already known that items of this step wait for these things, and not in a circle. */
function knowsLinks({ links, lacksMembers }: Settings, item: NewMember): boolean {
  const known = links.get(item.step);
  if (!known || lacksMembers || isInCircle(links, item.step)) return false;
  const { after = [], afterAll = [], afterItems = [] } = item;
  return (
    after.every((before) => known.after.includes(before)) &&
    afterAll.every((before) => known.afterAll.includes(before)) &&
    (afterItems.length === 0 || known.afterItems)
  );
}

/** Steps in a circle, by the links in which they were found: the search takes time, and every item asks. */
const circles = new WeakMap<Settings["links"], Map<string, boolean>>();

/** An import of an earlier version that died may have left a circle: items in it would wait forever. */
function isInCircle(links: Settings["links"], step: string): boolean {
  const known = circles.get(links) ?? new Map<string, boolean>();
  circles.set(links, known);
  const found = known.get(step) ?? stepCycle(links, step) !== undefined;
  known.set(step, found);
  return found;
}

/**
 * Adds the links in one write, which succeeds only if nobody has changed them since they were read. So two concurrent
 * imports cannot each add half of a circle, whenever either of them dies.
 */
async function registerLinks(table: Table, item: NewMember): Promise<Settings> {
  let row = await readRow(table, SETTINGS_KEY);
  while (true) {
    const settings = table.settings.keep(parseSettings(row));
    if (settings.lacksMembers) throw new CannotWaitError(lacking(table.name));
    const stored = row?.[SETTING.links];
    const known = stored instanceof Set ? [...stored].map(String) : [];
    const added = storedLinks(item.step, item).filter((link) => !known.includes(link));
    mustHaveNoCycle(parseSettings({ [SETTING.links]: new Set([...known, ...added]) }).links, item.step);
    if (added.length === 0) return settings;
    const equal = { [SETTING.links]: stored };
    const written = await changeSettings(table, { add: { [SETTING.links]: new Set(added) }, equal });
    row = written.row;
    if (written.won) return table.settings.keep(parseSettings(row));
  }
}

function mustHaveNoCycle(links: Settings["links"], step: string): void {
  const cycle = stepCycle(links, step);
  if (!cycle) return;
  throw new CannotWaitError({
    expected: "steps that do not wait for each other in a circle",
    found: `the circle ${cycle.join(" → ")}: ${cycleText(cycle)}`,
    hint: "take one of these out",
  });
}

/**
 * Puts an item. If it and others that are named by id would wait for each other in a circle, throws a CannotWaitError
 * instead.
 */
export async function putNaming<T>(table: Table, item: NewItem, put: () => Promise<T>): Promise<T> {
  if (!isDependent(item)) return put();
  const noted = noteNaming(table, item);
  try {
    const cycle = await (item.afterItems ? itemCycle(table, item) : namedCycle(table, item));
    if (!cycle) return await put();
    throw new CannotWaitError({
      expected: "items that do not wait for each other in a circle",
      found: `the circle ${cycle.join(" → ")}: ${cycleText(cycle)}`,
      hint: "take one of these out",
    });
  } finally {
    noted.done();
  }
}

function lacking(table: string) {
  return {
    expected: "a table whose items can all be found by their samples",
    found: `table ${table}, which an earlier version of anamo made`,
    hint: `add what is missing with  anamo table upgrade --table ${table}  (workers may run), then import this again`,
  };
}

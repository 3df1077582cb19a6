import { chunksOf } from "../flow/chunks-of.ts";
import { sideBySide } from "../flow/side-by-side.ts";
import type { ItemState } from "../items/states.ts";
import { ATTR, type Row } from "../store/attributes.ts";
import { dropRunning, type Gate, RUNNING_EXPIRES_MS, readGate, wakesOn } from "../store/gates.ts";
import { itemKey } from "../store/keys.ts";
import { type FoundMember, membersOfSample, membersOfStep, sampleOf } from "../store/members.ts";
import { ROWS_A_READ, readRows } from "../store/read-rows.ts";
import { stateOf } from "../store/rows.ts";
import type { Table } from "../table.ts";
import type { Watcher } from "./watcher.ts";

/** An item that others wait for, as it was read. */
export interface Predecessor {
  itemId: string;
  taskId: string;
  step: string;
  state: ItemState;
  wakes: ReadonlySet<string>;
}

/** Everything that some watchers wait for, read consistently, in the order that the protocol needs. */
export interface Snapshot {
  /** by step; the table's own gate is under `TABLE_GATE` */
  gates: ReadonlyMap<string, Gate>;
  /** by step, then by sample as in member keys; steps that a watcher waits for as a whole have all their samples */
  samples: ReadonlyMap<string, ReadonlyMap<string, readonly Predecessor[]>>;
  /** by itemID: those that are named by id, if they exist */
  items: ReadonlyMap<string, Predecessor>;
  /** members without an item */
  orphans: readonly FoundMember[];
  /** itemIDs of waiting items that are known to be blocked: they count as failed */
  blocked: ReadonlySet<string>;
}

/** No step has this name. */
export const TABLE_GATE = "";

const WIDTH = 16;
/** With more samples than this, all members of a step are read, which takes fewer requests and usually fewer units. */
const MANY_SAMPLES = 100;

/** The attributes of a predecessor that are read; this costs as much as the whole row, but takes less time. */
const ATTRIBUTES = [ATTR.itemId, ATTR.taskId, ATTR.step, ATTR.state, ATTR.wakes];

/**
 * Reads what watchers wait for: first the gates, then the members, then the items. This order ensures that nothing is
 * released too early: it can miss an item that a running import adds only if that import began after the gate was read.
 */
export async function readSnapshot(table: Table, watchers: readonly Watcher[]): Promise<Snapshot> {
  const wanted = wantedBy(watchers);
  const steps = [...wanted.whole, ...wanted.samples.keys()];
  const gates = new Map<string, Gate>();
  await sideBySide(new Set(steps), WIDTH, async (step) => {
    gates.set(step, await liveGate(table, step));
  });
  if (wanted.items.size > 0) gates.set(TABLE_GATE, await readGate(table));
  const members = await readMembers(table, wanted);
  const ids = new Set([...members.flatMap(({ found }) => found.map(({ itemId }) => itemId)), ...wanted.items]);
  const rows = await readPredecessors(table, [...ids]);
  return { gates, items: rows, ...arrange(members, rows), blocked: new Set() };
}

interface Wanted {
  whole: Set<string>;
  /** TaskIDs by step, for steps that are not read as a whole */
  samples: Map<string, Set<string>>;
  items: Set<string>;
}

function wantedBy(watchers: readonly Watcher[]): Wanted {
  const wanted: Wanted = { whole: new Set(), samples: new Map(), items: new Set() };
  for (const { dependencies, taskId } of watchers) {
    const { after = [], afterAll = [], afterItems = [] } = dependencies;
    for (const step of afterAll) wanted.whole.add(step);
    for (const itemId of afterItems) wanted.items.add(itemId);
    for (const step of after) {
      const samples = wanted.samples.get(step) ?? new Set();
      wanted.samples.set(step, samples.add(taskId));
    }
  }
  for (const [step, samples] of wanted.samples) if (samples.size > MANY_SAMPLES) wanted.whole.add(step);
  for (const step of wanted.whole) wanted.samples.delete(step);
  return wanted;
}

/** A step's gate without imports that have died. */
export async function liveGate(table: Table, step: string): Promise<Gate> {
  const gate = await readGate(table, step);
  const dead = [...gate.running].filter(([, seenMs]) => table.now() - seenMs > RUNNING_EXPIRES_MS);
  if (dead.length === 0) return gate;
  for (const [id, seenMs] of dead) await dropRunning(table, step, { id, seenMs });
  return readGate(table, step);
}

interface MembersRead {
  step: string;
  found: FoundMember[];
}

async function readMembers(table: Table, { whole, samples }: Wanted): Promise<MembersRead[]> {
  if (whole.size === 0 && samples.size === 0) return [];
  const shards = await table.settings.shards();
  const groups = [...samples].flatMap(([step, taskIds]) => [...taskIds].map((taskId) => ({ step, taskId })));
  const ofSamples = await sideBySide(groups, WIDTH, async ({ step, taskId }) => ({
    step,
    found: await membersOfSample(table, { step, taskId }, shards),
  }));
  const ofSteps = await sideBySide(whole, WIDTH, async (step) => ({
    step,
    found: await membersOfStep(table, step, shards),
  }));
  return [...ofSamples, ...ofSteps];
}

/** The items with these ids that exist (strongly consistent). */
export async function readPredecessors(table: Table, ids: readonly string[]): Promise<Map<string, Predecessor>> {
  const keys = ids.map((itemId) => itemKey(itemId));
  const rows = await sideBySide(chunksOf(keys, ROWS_A_READ), WIDTH, (chunk) => readRows(table, chunk, ATTRIBUTES));
  return new Map(rows.flat().flatMap((row) => predecessorOf(row)));
}

function predecessorOf(row: Row): [string, Predecessor][] {
  const state = stateOf(row);
  if (!state) return [];
  const itemId = String(row[ATTR.itemId]);
  const [taskId, step] = [String(row[ATTR.taskId]), String(row[ATTR.step])];
  return [[itemId, { itemId, taskId, step, state, wakes: wakesOn(row) }]];
}

/** The members that have an item, by step and sample. An item may have been deleted and added to another sample. */
function arrange(members: readonly MembersRead[], rows: ReadonlyMap<string, Predecessor>) {
  const samples = new Map<string, Map<string, Predecessor[]>>();
  const orphans: FoundMember[] = [];
  for (const { step, found } of members) {
    const ofStep = samples.get(step) ?? new Map<string, Predecessor[]>();
    samples.set(step, ofStep);
    for (const member of found) {
      const item = rows.get(member.itemId);
      if (!item) orphans.push(member);
      if (item?.step !== step || sampleOf(item.taskId) !== member.sample) continue;
      const ofSample = ofStep.get(member.sample) ?? [];
      ofStep.set(member.sample, ofSample);
      ofSample.push(item);
    }
  }
  return { samples, orphans };
}

import { describe, expect, test } from "vitest";
import { type DeliverOptions, deliver, MOST_TRIES, type Note, type NoteStore } from "../../../lib/notify/deliver.ts";
import type { Look } from "../../../lib/notify/look.ts";
import type { Message } from "../../../lib/notify/message.ts";

const START_MS = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;

/** A store with conditional writes, like those of S3. */
function memoryStore() {
  let kept: { note: Note; version: string } | undefined;
  let writes = 0;
  const store: NoteStore = {
    read: async () => structuredClone(kept),
    async write(note, version) {
      if (kept?.version !== version) return undefined;
      kept = { note: structuredClone(note), version: String(++writes) };
      return kept.version;
    },
  };
  return { store, note: () => kept?.note, writes: () => writes };
}

/** One step with two items, of which this many are done. */
function lookWith(done: number, atMs = START_MS): Look {
  const items = { waiting: 0, todo: 2 - done, locked: 0, done, failed: 0, held: 0 };
  const counts = { items, blocked: 0, tasks: { done, total: 2 }, progress: {} } as never;
  const summary = { table: "lab", at: new Date(atMs).toISOString(), items, blocked: 0, steps: { align: counts } };
  return { summary: { ...summary, paused: {} }, ends: new Map(done > 0 ? [["align", { lastMs: atMs }]] : []) };
}

function options(store: NoteStore, more: Partial<DeliverOptions> = {}): DeliverOptions {
  const place = { isLocal: false, name: "AWS", program: ["anamo"], target: ["--table", "lab"], bucket: [] };
  const send = async () => {};
  return { store, send, place, naming: "steps", nowMs: START_MS, sinceMs: 0, inFlightMs: 10 * MINUTE_MS, ...more };
}

test("an unchanged table costs one read and sends nothing", async () => {
  const { store, writes } = memoryStore();
  const sent: Message[] = [];
  const send = async (message: Message) => void sent.push(message);
  expect(await deliver(lookWith(2), options(store, { send }))).toBe("told");
  const before = writes();
  for (let n = 1; n <= 3; n++) expect(await deliver(lookWith(2), options(store, { send }))).toBe("nothing");
  expect([sent.map(({ subject }) => subject), writes()]).toEqual([["anamo lab: all done"], before]);
});

test("of looks at the same time one sends, also when they run on while it does", async () => {
  const { store } = memoryStore();
  const sent: string[] = [];
  const { promise: accepted, resolve: accept } = Promise.withResolvers<void>();
  const send = (message: Message) => {
    sent.push(message.subject);
    return accepted;
  };
  const looks = [1, 2, 3].map(() => deliver(lookWith(2), options(store, { send })));
  const late = deliver(lookWith(2), options(store, { send, nowMs: START_MS + MINUTE_MS }));
  accept();
  expect((await Promise.all([...looks, late])).toSorted()).toEqual(["busy", "busy", "busy", "told"]);
  expect(sent).toEqual(["anamo lab: all done"]);
});

describe("a message that was claimed", () => {
  test("is sent again by a later look if its sender died, but not while it may still be at it", async () => {
    const { store } = memoryStore();
    const sent: string[] = [];
    const send = async ({ text }: Message) => void sent.push(text);
    // dies while it sends: nothing is recorded after that
    void deliver(lookWith(2), options(store, { send: () => new Promise(() => {}) }));
    await Promise.resolve();
    const minutesLater = (minutes: number) => options(store, { send, nowMs: START_MS + minutes * MINUTE_MS });
    expect(await deliver(lookWith(2), minutesLater(5))).toBe("busy");
    expect(await deliver(lookWith(2), minutesLater(10))).toBe("told");
    expect(await deliver(lookWith(2), minutesLater(15))).toBe("nothing");
    expect(sent).toEqual([expect.stringContaining("All 2 items are done")]);
  });

  test("is tried at the next looks if it could not be sent, and then dropped; what is new is sent after it", async () => {
    const { store, note } = memoryStore();
    const [tried, dropped] = [[] as string[], [] as string[]];
    let isUp = false;
    const send = async ({ subject }: Message) => {
      tried.push(subject);
      if (!isUp) throw new Error("topic is gone");
    };
    const onGivenUp = ({ subject }: Message) => dropped.push(subject);
    const look = () => deliver(lookWith(2), options(store, { send, onGivenUp }));
    for (let n = 0; n < MOST_TRIES; n++)
      await expect(look()).rejects.toThrow("the notification could not be sent: topic is gone");
    expect(await look()).toBe("nothing");
    expect([tried.length, dropped]).toEqual([MOST_TRIES, ["anamo lab: all done"]]);
    expect(note()).not.toHaveProperty("sending");
    // it finishes again
    const later = (minutes: number) => lookWith(2, START_MS + minutes * MINUTE_MS);
    await expect(deliver(later(1), options(store, { send }))).rejects.toThrow("topic is gone");
    isUp = true;
    tried.length = 0;
    expect(await deliver(later(2), options(store, { send }))).toBe("told");
    expect(tried, "what failed, then what is new").toEqual(["anamo lab: all done", "anamo lab: all done"]);
  });
});

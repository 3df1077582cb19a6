import { Readable } from "node:stream";
import type { Level, Values } from "dynalite/db/index.js";

/*
 * dynalite reads the table's description and the row for every request, each through the thread pool, and waking a
 * thread takes longer than LevelDB itself. It also never closes an iterator, because it calls a method that LevelDB's
 * iterators do not have. So each query left an iterator open, with up to 1,000 entries and a snapshot that kept LevelDB
 * from deleting old rows: after a million rows the process had 1.9 GB.
 */

/**
 * As many entries as there are on one page when workers look for items, plus one more, from which dynalite sees that
 * there is a next page.
 */
const ENTRIES = 32;

/** Makes a dynalite read single rows synchronously, and closes its iterators. */
export function easeReads(db: Level): void {
  const get = db.get.bind(db) as Level["get"];
  const read = (key: string, done?: (error: Error | null, value?: unknown) => void) => {
    if (!done) return get(key);
    let value: unknown;
    try {
      value = db.getSync(key);
    } catch {
      // closed, or not JSON: dynalite recognizes these errors when they come from the original method
      return get(key, done);
    }
    process.nextTick(done, null, value);
  };
  db.get = read as Level["get"];
  db.createValueStream = (range) => streamOf(db.values(range));
  db.createKeyStream = (range) => streamOf(db.keys(range));
}

function streamOf(entries: Values): Readable {
  return new Readable({
    objectMode: true,
    highWaterMark: ENTRIES,
    read() {
      entries.nextv(ENTRIES).then(
        (some) => {
          for (const each of some) this.push(each);
          if (some.length === 0) this.push(null);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      entries.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
}

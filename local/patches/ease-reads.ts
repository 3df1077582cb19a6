import { Readable } from "node:stream";
import type { Level, Values } from "dynalite/db/index.js";

/*
 * dynalite reads the table's description and the row for every request, each by way of the thread pool: waking a thread
 * takes longer than LevelDB does. And it never closes an iterator: it calls a method that LevelDB's iterators do not
 * have. So each query left one behind, with up to 1,000 entries and a snapshot that kept LevelDB from deleting old
 * rows: after a million rows the process had 1.9 GB.
 */

/**
 * As many entries as a page of the workers' looks has, and one more, by which dynalite sees that there is a next page.
 */
const ENTRIES = 32;

/** Makes a dynalite's reads of single rows synchronous, and closes its iterators. */
export function easeReads(db: Level): void {
  const get = db.get.bind(db) as Level["get"];
  const read = (key: string, done?: (error: Error | null, value?: unknown) => void) => {
    if (!done) return get(key);
    let value: unknown;
    try {
      value = db.getSync(key);
    } catch {
      // closed, or not JSON: dynalite knows these errors of the other way
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

import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Events that a function has not handled yet. Lambda keeps them in a queue, this class in a folder, so that after a
 * stack was killed the next one finds them. An event is on disk before the request that caused it is answered.
 */
export class PendingEvents {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** Stores an event; returns the id for {@link forget}. */
  keep(event: unknown): string {
    // The time comes first, so that names sort in the order of the events.
    const id = `${Date.now()}-${randomUUID()}.json`;
    writeFileSync(join(this.#dir, id), JSON.stringify(event));
    return id;
  }

  /** Removes an event that has been handled. */
  async forget(id: string): Promise<void> {
    await rm(join(this.#dir, id), { force: true });
  }

  /** The stored events, oldest first. */
  async list(): Promise<{ id: string; event: unknown }[]> {
    const ids = (await readdir(this.#dir)).filter((name) => name.endsWith(".json")).sort();
    return Promise.all(ids.map(async (id) => ({ id, event: parse(await readFile(join(this.#dir, id), "utf8")) })));
  }
}

// A truncated event belongs to a request that was never answered, so its client will repeat it.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { Records: [] };
  }
}

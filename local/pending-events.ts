import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Events that a function has not dealt with yet, kept in a folder as Lambda keeps them in a queue: a stack that is
 * killed finds them again. An event is on disk before whoever caused it has an answer.
 */
export class PendingEvents {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** Keeps an event; the id is what {@link forget} takes. */
  keep(event: unknown): string {
    // The time comes first, so that names are in the order of the events.
    const id = `${Date.now()}-${randomUUID()}.json`;
    writeFileSync(join(this.#dir, id), JSON.stringify(event));
    return id;
  }

  /** Drops an event that has been dealt with. */
  async forget(id: string): Promise<void> {
    await rm(join(this.#dir, id), { force: true });
  }

  /** The events that are kept, oldest first. */
  async list(): Promise<{ id: string; event: unknown }[]> {
    const ids = (await readdir(this.#dir)).filter((name) => name.endsWith(".json")).sort();
    return Promise.all(ids.map(async (id) => ({ id, event: parse(await readFile(join(this.#dir, id), "utf8")) })));
  }
}

// Half an event is one whose cause never had an answer: it will be caused again.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { Records: [] };
  }
}

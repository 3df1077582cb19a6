import type { ItemChange } from "../../lib/changes/change-items.ts";
import { counted } from "../output/counted.ts";

const FIRST = 5;

/** Counts what would happen to items, without keeping them. */
export class Preview {
  #changed = 0;
  #total = 0;
  #missing = 0;
  readonly #states = new Map<string, number>();
  readonly #steps = new Map<string, number>();
  readonly #left = new Map<string, number>();
  readonly #first: string[] = [];
  /** lines about what the change would leave to do */
  ahead: readonly string[] = [];

  /** number of items that would be changed */
  get changed(): number {
    return this.#changed;
  }

  /** number of items and ids that were checked */
  get total(): number {
    return this.#total;
  }

  /** number of ids that do not exist */
  get missing(): number {
    return this.#missing;
  }

  add({ itemID, result, why, state, step }: ItemChange): void {
    this.#total++;
    if (result === "not found") this.#missing++;
    if (result !== "changed") {
      count(this.#left, state === "locked" ? LOCKED : (why ?? result));
      return;
    }
    this.#changed++;
    count(this.#states, state ?? "");
    count(this.#steps, step ?? "");
    if (this.#first.length < FIRST) this.#first.push(itemID);
  }

  /** Lines about what would change and what would not; `did` as in "3 items would be reset". */
  text(did: string): string {
    const more = this.#changed - this.#first.length;
    const ids = `${this.#first.join(", ")}${more > 0 ? ` and ${more.toLocaleString("en-US")} more` : ""}`;
    const left = [...this.#left].map(([why, number]) => `${counted(number, "item")} would stay: ${why}`);
    const changed =
      this.#changed === 0
        ? [`No item would be ${did}.`]
        : [
            `${counted(this.#changed, "item")} of ${parts(this.#steps, "step")} would be ${did}: ${parts(this.#states)}`,
            `  ${ids}`,
          ];
    return [...changed, ...left, ...this.ahead].join("\n");
  }
}

const LOCKED = "locked by a worker (--force takes them from it)";

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** `10 failed, 2 todo`; with a noun `step a`, or `steps a (10), b (2)`. */
function parts(counts: ReadonlyMap<string, number>, noun?: string): string {
  const all = [...counts].sort(([, a], [, b]) => b - a);
  if (noun === undefined) return all.map(([key, number]) => `${number.toLocaleString("en-US")} ${key}`).join(", ");
  if (all.length === 1) return `${noun} ${all[0]?.[0]}`;
  return `${noun}s ${all.map(([key, number]) => `${key} (${number.toLocaleString("en-US")})`).join(", ")}`;
}

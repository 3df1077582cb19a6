import type { WorkerEvent } from "../../worker/events.ts";
import { counted } from "./counted.ts";

/** Counts how the items that a worker claimed ended. */
export class Ends {
  #claims = 0;
  #done = 0;
  #failed = 0;
  /** failed, and will be tried again */
  #again = 0;
  /** released because the worker was told to stop */
  #released = 0;

  add(event: WorkerEvent): void {
    if (event.kind === "item:claimed") this.#claims++;
    if (event.kind !== "item:ended") return;
    if (event.state === "done") this.#done++;
    else if (event.state === "failed") this.#failed++;
    else if (event.cause === undefined || event.cause === "interrupted") this.#released++;
    else this.#again++;
  }

  /** `2 items done, 1 failed, 1 to be tried again`; `lost`: items that the worker lost before they ended. */
  text(lost = 0): string {
    if (this.#claims === 0) return "There was no item to claim";
    const rest: [number, string][] = [
      [this.#again, "to be tried again"],
      [this.#released, "released"],
      [lost, "lost"],
    ];
    const more = rest.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
    return [`${counted(this.#done, "item")} done`, `${this.#failed} failed`, ...more].join(", ");
  }
}

import type { WorkerEvent } from "../../worker/events.ts";
import { counted } from "./counted.ts";

const LEFT = ["to be tried again", "released", "lost"] as const;
type Left = (typeof LEFT)[number];

/** Counts how the items that a worker claimed ended. An item counts once, however often this worker tried it. */
export class Ends {
  #claims = 0;
  #done = 0;
  #failed = 0;
  /** items that this worker had but did not finish, by how it last left them */
  readonly #left = new Map<string, Left>();

  add(event: WorkerEvent): void {
    if (event.kind === "item:claimed") {
      this.#claims++;
      this.#left.delete(event.itemId);
    }
    if (event.kind === "item:lease-lost") this.#left.set(event.itemId, "lost");
    if (event.kind !== "item:ended") return;
    if (event.state === "done") this.#done++;
    else if (event.state === "failed") this.#failed++;
    else {
      const isReleased = event.cause === undefined || event.cause === "interrupted";
      this.#left.set(event.itemId, isReleased ? "released" : "to be tried again");
    }
  }

  /** `2 items done, 1 failed, 1 to be tried again` */
  text(): string {
    if (this.#claims === 0) return "There was no item to claim";
    const left = [...this.#left.values()];
    const more = LEFT.flatMap((how) => {
      const count = left.filter((each) => each === how).length;
      return count > 0 ? [`${count} ${how}`] : [];
    });
    return [`${counted(this.#done, "item")} done`, `${this.#failed} failed`, ...more].join(", ");
  }
}

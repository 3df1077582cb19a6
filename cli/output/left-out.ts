import type { LeftOut } from "../../lib/select/select-ids.ts";

/** Reports on stderr ids that do not exist or cannot be read. An id that exists but is not selected is not an error. */
export class LeftOutNotes {
  #count = 0;

  /** number of reported ids */
  get count(): number {
    return this.#count;
  }

  add(leftOut: LeftOut): void {
    switch (leftOut.why) {
      case "not selected":
        return;
      case "not found":
        process.stderr.write(`anamo: there is no item ${leftOut.itemId} (for a sample: --sample NAME)\n`);
        break;
      case "unreadable":
        process.stderr.write(`anamo: ${leftOut.itemId} cannot be read: ${leftOut.message}\n`);
        break;
      default:
        leftOut satisfies never;
    }
    this.#count++;
  }
}

import type { LogOwner } from "../../lib/logs/read-log.ts";
import type { LogWish } from "./log-wish.ts";

/** What came of printing a log. */
export interface Printed {
  /** there was nothing in it */
  isEmpty: boolean;
  /** there was something in it that was wanted; an empty log is all that was wanted if nothing was looked for */
  isFound: boolean;
}

/** Tells on stderr when everything that was printed is nothing: the output may have gone to the other stream. */
export class Silence {
  readonly #wish: LogWish;
  #logs = 0;
  #isBroken = false;
  #isOnOther = false;

  constructor(wish: LogWish) {
    this.#wish = wish;
  }

  saw({ item, task }: LogOwner, { isEmpty }: Printed): void {
    const outcome = task ? task.outcome : item.outcome;
    if (!outcome) return;
    this.#logs++;
    if (!isEmpty) this.#isBroken = true;
    if (outcome.log?.[this.#other] || outcome.logKeys?.[this.#other]) this.#isOnOther = true;
  }

  /** Of whom: `anamo logs` of that, with the other option, shows the rest. */
  tell(of?: string): void {
    const { stream, attempt, part, json } = this.#wish;
    if (this.#logs === 0 || this.#isBroken || part.grep || json) return;
    const option = stream === "stdout" ? "with --stderr" : "without --stderr";
    // what the row knows is about the last attempt
    const isOnOther = this.#isOnOther && attempt === undefined;
    const where = isOnOther ? `; what went to ${this.#other} is printed ${option}` : "";
    const also = !isOnOther && attempt === undefined ? `, nor to ${this.#other}` : "";
    process.stderr.write(`anamo: ${of === undefined ? "" : `${of}: `}nothing went to ${stream}${also}${where}\n`);
  }

  get #other(): "stdout" | "stderr" {
    return this.#wish.stream === "stdout" ? "stderr" : "stdout";
  }
}

import type { FoundLog } from "../../workflow/logs.ts";
import type { LogWish } from "./log-wish.ts";

/** If all printed logs are empty, says so on stderr: the output may have gone to the other stream. */
export class Silence {
  readonly #wish: LogWish;
  #logs = 0;
  #isBroken = false;
  #isOnOther = false;

  constructor(wish: LogWish) {
    this.#wish = wish;
  }

  saw({ printedTo }: FoundLog, { isEmpty }: { isEmpty: boolean }): void {
    if (!printedTo) return;
    this.#logs++;
    if (!isEmpty) this.#isBroken = true;
    if (printedTo.includes(this.#other)) this.#isOnOther = true;
  }

  /** `of`: the item or task whose logs these are; absent if there are several. */
  tell(of?: string): void {
    const { stream, attempt, part, json } = this.#wish;
    if (this.#logs === 0 || this.#isBroken || part.grep || json) return;
    const option = stream === "stdout" ? "with --stderr" : "without --stderr";
    // the row describes only the last attempt
    const isOnOther = this.#isOnOther && attempt === undefined;
    const where = isOnOther ? `; what went to ${this.#other} is printed ${option}` : "";
    const also = !isOnOther && attempt === undefined ? `, nor to ${this.#other}` : "";
    process.stderr.write(`anamo: ${of === undefined ? "" : `${of}: `}nothing went to ${stream}${also}${where}\n`);
  }

  get #other(): "stdout" | "stderr" {
    return this.#wish.stream === "stdout" ? "stderr" : "stdout";
  }
}

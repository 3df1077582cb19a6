import type { TaskRecord } from "../taskfile/open.ts";
import type { Position } from "../taskfile/split-records.ts";

/** Rows that a part of an import has read and counted, but could not finish: the next part reads them again. */
export interface Redo {
  /** the lines on which they start; for a sample sheet, the numbers of the records */
  lines: number[];
  /** all other rows up to here are finished */
  until: Position;
}

/** Where the next part of an import resumes. */
export interface Rest {
  position: Position;
  redo?: Redo;
}

/** Keeps track of the rows that a part of an import has read and not finished. */
export class OpenRows {
  #end: Position;
  /** where they start, by line, in the order of the file */
  readonly #open = new Map<number, Position>();
  readonly #redo: Set<number>;
  readonly #until: Position | undefined;
  #finished = 0;

  /** `start` is where reading begins; `redo` is what the previous part left unfinished. */
  constructor(start: Position, redo?: Redo) {
    this.#end = start;
    this.#redo = new Set(redo?.lines);
    this.#until = redo?.until;
  }

  /**
   * Opens the next row. `again`: an earlier part has already counted its remarks; `finished`: an earlier part has
   * finished it.
   */
  open({ line, number = line, end }: Pick<TaskRecord, "line" | "number" | "end">): "new" | "again" | "finished" {
    const start = this.#end;
    this.#end = end;
    const isOld = this.#until !== undefined && end.offset <= this.#until.offset;
    if (isOld && !this.#redo.delete(number)) return "finished";
    this.#open.set(number, start);
    return isOld ? "again" : "new";
  }

  finish({ line, number = line }: Pick<TaskRecord, "line" | "number">): void {
    this.#open.delete(number);
    this.#finished++;
  }

  /** Whether this part has finished any row. A part that has not would be repeated forever. */
  get hasFinishedAny(): boolean {
    return this.#finished > 0;
  }

  rest(): Rest {
    const lines = [...this.#open.keys(), ...this.#redo];
    if (lines.length === 0) return { position: this.#end };
    const [position = this.#end] = this.#open.values();
    const isBehind = this.#until !== undefined && this.#until.offset > this.#end.offset;
    return { position, redo: { lines, until: isBehind ? (this.#until as Position) : this.#end } };
  }
}

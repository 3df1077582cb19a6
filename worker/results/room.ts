import type { S3Client } from "@aws-sdk/client-s3";
import { toError } from "../../lib/errors.ts";
import { freeBytes, isDiskFull, isFullError } from "../../lib/full-disk.ts";
import type { Outcome } from "../../lib/items/item.ts";
import type { Table } from "../../lib/table.ts";
import type { Report } from "../events.ts";
import type { WorkerOptions } from "../options.ts";

interface RoomContext {
  table: Table;
  options: Pick<WorkerOptions, "results" | "scratchDir">;
  openS3: () => Promise<S3Client>;
  report: Report;
}

/**
 * Frees the disk of a folder of results: removes what dead workers left in it, and the results that nothing needs any
 * more (`keep`). The sweep does that anyway, but not before the next item fails. Concurrent calls share one pass. Never
 * throws.
 */
export class Room {
  readonly #context: RoomContext;
  #making: Promise<void> | undefined;

  constructor(context: RoomContext) {
    this.#context = context;
  }

  /** Removes what may go. Does nothing if the results are on S3. */
  make(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** Makes a call; if a disk is full, makes room, and calls once more. Throws the error of the last call. */
  async forCall<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isFullError(error) || !this.#folder) throw error;
      await this.make();
      return await call();
    }
  }

  /** Makes room if a script has failed while the disk was full, so that its next attempt finds some. */
  async afterFailure({ cause }: Outcome): Promise<void> {
    if (cause !== "exit" && cause !== "signal") return;
    const folder = this.#folder;
    if (folder && [folder, this.#context.options.scratchDir].some(isDiskFull)) await this.make();
  }

  get #folder(): string | undefined {
    const { results } = this.#context.options;
    return results && "folder" in results ? results.folder : undefined;
  }

  async #make(): Promise<void> {
    const { table, openS3, report } = this.#context;
    const folder = this.#folder;
    if (folder === undefined) return;
    try {
      const place = { folder };
      const { sweepResults } = await import("../../lib/results/sweep-results.ts");
      const { removeUnneeded } = await import("../../lib/retention/remove-unneeded.ts");
      const { openResults } = await import("../../lib/results/open.ts");
      const before = freeBytes(folder);
      const { removed } = await sweepResults(table, place, openS3);
      const unneeded = await removeUnneeded(table, () => openResults(place, openS3));
      const freedBytes = Math.max(0, freeBytes(folder) - before);
      report({ kind: "disk:full", folder, leftovers: removed, unneeded, freedBytes });
    } catch (error) {
      report({
        kind: "store:unreachable",
        doing: `the removal of results from the full disk of ${folder}`,
        error: toError(error),
      });
    }
  }
}

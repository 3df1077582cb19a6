import type { Workflow } from "../../workflow/workflow.ts";
import { noteRun, pagePath, reportOptions, writePage } from "../report/page-file.ts";

/** A run shorter than this gets its page only at the end. */
const FIRST_MS = 5_000;
const EVERY_MS = 30_000;
/** Making pages takes at most this share of the time. */
const SHARE = 0.01;

/** The progress page of a run. If it cannot be written, the run continues. */
export class RunPage {
  readonly #workflow: Workflow;
  readonly #dir: string;
  readonly #say: (line: string) => void;
  #dueMs = performance.now() + FIRST_MS;
  #hasSaid = false;

  constructor(workflow: Workflow, { dir, say }: { dir: string; say: (line: string) => void }) {
    this.#workflow = workflow;
    this.#dir = dir;
    this.#say = say;
  }

  /** Makes the page again when that is due; `items`: how many the last summary counted. */
  async refresh(items: number): Promise<void> {
    if (performance.now() < this.#dueMs) return;
    const startedMs = performance.now();
    const file = await this.write({ items, everySeconds: EVERY_MS / 1_000 });
    const endedMs = performance.now();
    this.#dueMs = endedMs + Math.max(EVERY_MS, (endedMs - startedMs) / SHARE);
    if (file !== undefined && !this.#hasSaid) this.#say(`progress page: ${file}`);
    this.#hasSaid = true;
  }

  /** Makes the page, and returns where it is; undefined if it could not be written. */
  async write(more: { items: number; everySeconds?: number }): Promise<string | undefined> {
    const file = pagePath(this.#dir);
    try {
      await noteRun(this.#dir, process.argv.slice(2));
      const options = await reportOptions(this.#dir);
      await writePage(file, await this.#workflow.reportPage({ ...options, ...more }));
      return file;
    } catch (error) {
      this.#say(`no progress page: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

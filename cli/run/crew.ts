import { tmpdir } from "node:os";
import { AnamoError } from "../../lib/errors.ts";
import { isDiskFull } from "../../lib/full-disk.ts";
import type { Workflow } from "../../workflow/workflow.ts";

/** How the workers of a run are started. */
export interface CrewOptions {
  workflow: Workflow;
  jobQueue: string;
  jobDefinition: string;
  size: number;
  /** environment variables of the workers */
  environment: Readonly<Record<string, string>>;
}

/** How many workers in a row may end before anything is done; after that, the run gives up. */
const HOPELESS = 5;

/** The workers of one run: started as a job, replaced when they die, and ended with the stack. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #jobIds: string[] = [];
  #replacedInVain = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Starts all workers. */
  async start(): Promise<void> {
    await this.#submit(this.#options.size);
  }

  /** Records that a worker has claimed something: an item that keeps killing its worker eventually fails. */
  sawWork(): void {
    this.#replacedInVain = 0;
  }

  /** Replaces workers that have died. Throws if they keep dying without claiming anything. */
  async keepUp(): Promise<void> {
    const { workflow, size } = this.#options;
    const missing = size - (await workflow.liveWorkers(this.#jobIds));
    if (missing <= 0) return;
    this.#replacedInVain += missing;
    if (this.#replacedInVain > HOPELESS * size) {
      const why = isDiskFull(tmpdir()) ? `the disk of ${tmpdir()} is full` : "see their logs";
      throw new AnamoError("crew", `the workers end as soon as they start: ${why}`);
    }
    await this.#submit(missing);
  }

  async #submit(count: number): Promise<void> {
    const { workflow, jobQueue, jobDefinition, environment } = this.#options;
    // a retry may start workers twice, which does no harm here because they end with the stack
    const how = { jobQueue, jobDefinition, environment, jobName: "anamo-run", mayStartTwice: true };
    this.#jobIds.push(await workflow.startWorkers(count, how));
  }
}

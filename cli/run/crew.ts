import { type BatchClient, DescribeJobsCommand, SubmitJobCommand } from "@aws-sdk/client-batch";
import { AnamoError } from "../../lib/errors.ts";

/** How the workers of a run are started. */
export interface CrewOptions {
  batch: BatchClient;
  jobQueue: string;
  jobDefinition: string;
  size: number;
  /** variables of the workers */
  environment: Readonly<Record<string, string>>;
}

/** So many workers in a row that end before anything got done, and the run gives up. */
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

  /** Some worker has claimed something: an item that kills its worker again and again is failed in the end. */
  sawWork(): void {
    this.#replacedInVain = 0;
  }

  /** Starts workers for those that have died. Throws when they die again and again without having claimed anything. */
  async keepUp(): Promise<void> {
    const missing = this.#options.size - (await this.#alive());
    if (missing <= 0) return;
    this.#replacedInVain += missing;
    if (this.#replacedInVain > HOPELESS * this.#options.size) {
      throw new AnamoError("crew", "the workers end as soon as they start: see their logs");
    }
    await this.#submit(missing);
  }

  async #submit(count: number): Promise<void> {
    const { batch, jobQueue, jobDefinition, environment } = this.#options;
    const { jobId } = await batch.send(
      new SubmitJobCommand({
        jobName: "anamo-run",
        jobQueue,
        jobDefinition,
        // an array of one is refused by Batch
        ...(count > 1 && { arrayProperties: { size: count } }),
        containerOverrides: {
          environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        },
      }),
    );
    if (jobId) this.#jobIds.push(jobId);
  }

  /** How many workers run or are about to. */
  async #alive(): Promise<number> {
    const { jobs = [] } = await this.#options.batch.send(new DescribeJobsCommand({ jobs: this.#jobIds }));
    return jobs.reduce((sum, job) => {
      if (job.status === "SUCCEEDED" || job.status === "FAILED") return sum;
      const size = job.arrayProperties?.size;
      if (!size) return sum + 1;
      const counts = job.arrayProperties?.statusSummary ?? {};
      return sum + size - (counts.SUCCEEDED ?? 0) - (counts.FAILED ?? 0);
    }, 0);
  }
}

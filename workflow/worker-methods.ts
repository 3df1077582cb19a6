import { trimId } from "../lib/ids.ts";
import type { JobStates } from "../lib/jobs/job-states.ts";
import type { LaunchReport } from "../lib/launch/launch-report.ts";
import type { StopReport } from "../lib/launch/stop.ts";
import { liftDrain } from "../lib/settings/drain.ts";
import { type KeepResult, keepStep } from "../lib/settings/keep-step.ts";
import { listSteps, type PauseResult, pauseStep, resumeStep, type StepState } from "../lib/settings/pause-step.ts";
import type { GivenKeep } from "../lib/store/settings.ts";
import { currentUser } from "../lib/who.ts";
import type { StartWorkersOptions, WorkflowLaunchOptions, WorkflowStopOptions } from "./launch.ts";
import { tellAct } from "./person-event.ts";
import { unknownSteps } from "./steps.ts";
import { TableMethods } from "./table-methods.ts";

/** The methods of a {@link Workflow} that deal with its workers, their jobs, and the steps that they claim from. */
export class WorkerMethods extends TableMethods {
  /** The locked items by the state of the Batch job that has them. */
  async jobs(): Promise<JobStates> {
    const { jobStates } = await import("../lib/jobs/job-states.ts");
    const { describeJobsWith } = await import("../lib/jobs/describe-jobs.ts");
    const { batchOf } = await import("./others.ts");
    return jobStates(this.at.table, describeJobsWith(batchOf(this.at)));
  }

  /**
   * Starts as many workers on Batch as the waiting items need, in one call; the report says why it started none, or no
   * more.
   */
  async launch(options: WorkflowLaunchOptions = {}): Promise<LaunchReport> {
    const { launchWorkers } = await import("./launch.ts");
    return launchWorkers(this.at, options);
  }

  /**
   * Starts this many workers as one job, regardless of what the table needs and of other launches; to start what the
   * work needs, use `launch`. Returns the job's id.
   */
  async startWorkers(workers: number, options: StartWorkersOptions = {}): Promise<string> {
    const { startWorkers } = await import("./launch.ts");
    return startWorkers(this.at, workers, options);
  }

  /** How many workers of these jobs are waiting or running. */
  async liveWorkers(jobIds: readonly string[]): Promise<number> {
    const { countLive } = await import("./launch.ts");
    return countLive(this.at, jobIds);
  }

  /** Stops workers from claiming items, waits for them to finish, and ends jobs that are still running. */
  async stop(options: WorkflowStopOptions = {}): Promise<StopReport> {
    const { stopWorkers } = await import("./launch.ts");
    const onDraining = () => {
      tellAct(this.at.tell, { kind: "stop:begun" });
      options.onDraining?.();
    };
    return stopWorkers(this.at, { ...options, onDraining });
  }

  /** Ends a stop without starting workers; false if there was none. */
  async liftStop(): Promise<boolean> {
    const isLifted = await liftDrain(this.at.table);
    if (isLifted) tellAct(this.at.tell, { kind: "stop:lifted" });
    return isLifted;
  }

  /** The steps of the table, and which of them are paused. */
  steps(): Promise<StepState[]> {
    return listSteps(this.at.table);
  }

  /** A sentence for each given step that the table does not have. */
  unknownSteps(steps: readonly string[]): Promise<string[]> {
    return unknownSteps(this.at.table, steps);
  }

  /** Whether the table is from a version whose items cannot be found by sample: see `upgradeTable`. */
  async lacksMembers(): Promise<boolean> {
    return (await this.at.table.settings.get()).lacksMembers;
  }

  /** Makes workers and launches skip a step; running items continue. */
  async pauseStep(step: string, { why }: { why?: string } = {}): Promise<PauseResult> {
    const result = await pauseStep(this.at.table, trimId(step), { by: currentUser(), why });
    if (result.changed) tellAct(this.at.tell, { kind: "step:paused", step: trimId(step), why });
    return result;
  }

  /**
   * Sets how long the results of a step's items are kept: `forever`, or `until-followers-done`, after which the next
   * sweep removes them.
   */
  keepStep(step: string, keep: GivenKeep): Promise<KeepResult> {
    return keepStep(this.at.table, trimId(step), keep);
  }

  /** Lets workers claim items of a step again, and restarts the count of its first failures. */
  async resumeStep(step: string): Promise<PauseResult> {
    const result = await resumeStep(this.at.table, trimId(step));
    if (result.changed) tellAct(this.at.tell, { kind: "step:resumed", step: trimId(step) });
    return result;
  }
}

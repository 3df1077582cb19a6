import { agreeing, counted } from "../counted.ts";
import type { Because } from "./explanation.ts";
import { anamo } from "./words.ts";
import type { WorkersNow } from "./workers.ts";

/** Why no worker has claimed what is claimable. `what`: "S1-align can be claimed". */
export function workersSentence({ locked, batch, problem }: WorkersNow, what: string): Because {
  const launch = anamo("start workers", "launch");
  const work = anamo("start a worker here", "work");
  const have = locked === 0 ? "no items" : counted(locked, "item");
  if (batch && batch.running > 0) {
    const workers = counted(batch.running, "worker");
    const text = `${what}: ${workers} ${agreeing(batch.running, "is running and has", "are running and have")} ${have}.`;
    return { reason: "workers busy", text, help: [anamo("start more, if the list needs them", "launch")] };
  }
  if (batch && batch.queued > 0) return queued(batch, what);
  if (locked > 0) {
    const text = `${what}: workers have ${have}, and take this one when they are free.`;
    return { reason: "workers busy", text, help: [anamo("who has which", "jobs")] };
  }
  const unasked = problem === undefined ? "" : ` (Batch could not be asked: ${problem})`;
  const none = batch ? "no worker is running" : `no worker has an item${unasked}`;
  return { reason: "no workers", text: `${what}, but ${none}.`, help: [batch ? launch : work] };
}

function queued({ queued: count, queuedJob }: NonNullable<WorkersNow["batch"]>, what: string): Because {
  const workers = `${counted(count, "worker")} ${agreeing(count, "waits", "wait")}`;
  const { jobId, status, why } = queuedJob ?? {};
  const reason = why ?? "it says nothing about why, so it is probably still starting machines";
  const text = `${what}, but no worker is running: ${workers} in Batch's queue${status ? ` (${status})` : ""}: ${reason.replace(/\.$/, "")}.`;
  const help = jobId
    ? [{ words: ["aws", "batch", "describe-jobs", "--jobs", jobId], does: "everything that Batch says about it" }]
    : [];
  return { reason: "queued", text, help };
}

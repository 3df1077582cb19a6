import { counted } from "../counted.ts";
import { mayHaveFollowers } from "../depend/followers.ts";
import { ranWithout } from "../depend/ran-without.ts";
import { duration } from "../duration.ts";
import { isUnstarted } from "../failures/cause-text.ts";
import { isoDate } from "../iso-date.ts";
import type { Item } from "../items/item.ts";
import { heldSince, isAbandoned, type Parked } from "../items/parked.ts";
import { jobEnd } from "../jobs/batch-job.ts";
import { isBatchId } from "../jobs/locked-entries.ts";
import { isRemoved } from "../results/record.ts";
import { drainingSentence, PAUSED_BY_HAND, pausedSentence } from "../settings/standstills.ts";
import type { Because, Help } from "./explanation.ts";
import { outdatedBy } from "./outdated.ts";
import type { View } from "./view.ts";
import { ago, anamo, endText, onItem, someOf, times } from "./words.ts";
import { workersSentence } from "./workers-sentence.ts";

/** Why an item that is not waiting for others is in its state. */
export async function becauseOf(view: View, item: Item): Promise<Because[]> {
  switch (item.state) {
    case "todo":
      return [...(await whyTodo(view, item)), ...failedBefore(item), ...(await late(view, item))];
    case "locked":
      return [await whyLocked(view, item), ...failedBefore(item), ...(await late(view, item))];
    case "held":
      return whyHeld(view, item);
    case "failed":
      return [whyFailed(view, item), ...(await late(view, item))];
    case "done":
      return [whyDone(view, item), ...(await late(view, item))];
    case "waiting":
      return [];
    default:
      return item.state satisfies never;
  }
}

async function whyTodo(view: View, item: Item): Promise<Because[]> {
  const still = standstillsOf(view, item.step);
  const { itemId, readyAtMs, failures } = item;
  if (readyAtMs !== undefined && readyAtMs > view.nowMs) {
    const inText = duration(readyAtMs - view.nowMs);
    still.push({
      reason: "backing off",
      text: `${itemId} failed ${times(failures)} and is tried again in ${inText}, from ${isoDate(readyAtMs)} on.`,
      itemID: itemId,
      at: isoDate(readyAtMs),
      help: [onItem("what it printed", ["logs", "--stderr"], itemId), onItem("try it at once", ["reset"], itemId)],
    });
  }
  if (still.length > 0) return still;
  return [{ ...workersSentence(await view.workers(), `${itemId} can be claimed`), itemID: itemId }];
}

/** What keeps workers from all items of a step. */
export function standstillsOf({ settings: { draining, paused } }: View, step: string): Because[] {
  const found: Because[] = [];
  if (draining) {
    found.push({
      reason: "draining",
      text: `${upper(drainingSentence(draining))}.`,
      at: draining.since,
      help: [anamo("let workers claim items again", "stop", "--lift"), anamo("the same, and start workers", "launch")],
    });
  }
  const pause = paused.get(step);
  if (pause) {
    const does = pause.why === PAUSED_BY_HAND ? "let workers take its items again" : "once that is fixed";
    found.push({
      reason: "paused",
      text: `${upper(pausedSentence(step, pause))}${pause.by ? ` (by ${pause.by})` : ""}.`,
      step,
      at: pause.since,
      help: [anamo(does, "step", "resume", step)],
    });
  }
  return found;
}

async function whyLocked({ batch, nowMs }: View, item: Item): Promise<Because> {
  const { itemId, attempt, lock } = item;
  if (!lock) throw new TypeError(`${itemId} is locked without a lock`);
  const { instance, lockedAtMs, leaseExpiresAtMs, jobAttempt } = lock;
  const about = { itemID: itemId, at: isoDate(leaseExpiresAtMs) };
  const take = onItem("take it from its worker and start it over", ["reset", "--force"], itemId);
  const since = `${instance} has had ${itemId} since ${ago(lockedAtMs, nowMs)} (attempt ${attempt})`;
  if (leaseExpiresAtMs < nowMs) {
    const text = `${since}, but has not been heard from: its lease ran out at ${isoDate(leaseExpiresAtMs)}, and the next sweep gives the item back.`;
    return { ...about, reason: "lease over", text, help: [take] };
  }
  const job = batch && isBatchId(instance) ? await askAbout(batch, instance) : undefined;
  if (job === "unknown" || (job && jobAttempt <= job.endedAttempts)) {
    const why = job === "unknown" ? "Batch no longer knows its job" : `its Batch job has ended: ${job.message}`;
    const text = `${since}, but ${why.replace(/\.$/, "")}; the next sweep gives the item back.`;
    return { ...about, reason: "lease over", text, help: [anamo("what Batch says about all workers", "jobs"), take] };
  }
  const left = duration(leaseExpiresAtMs - nowMs);
  const text = `${since}; its lease holds for another ${left}, until ${isoDate(leaseExpiresAtMs)}, and is renewed while it runs.`;
  return { ...about, reason: "running", text, help: [onItem("everything about it", ["show"], itemId), take] };
}

async function askAbout({ describeJobs }: NonNullable<View["batch"]>, jobId: string) {
  try {
    const [job] = await describeJobs([jobId]);
    return job ? jobEnd(job) : "unknown";
  } catch {
    return undefined; // only the lease can tell
  }
}

function whyHeld(view: View, item: Item): Because[] {
  const { itemId, parked } = item;
  const sinceMs = heldSince(item);
  const held: Because[] =
    sinceMs === undefined
      ? []
      : [
          {
            reason: "held",
            text: `${itemId} has been held by a person since ${ago(sinceMs, view.nowMs)}: no worker claims it.`,
            itemID: itemId,
            at: isoDate(sinceMs),
            help: [onItem("let it go", ["release"], itemId)],
          },
        ];
  return [...(parked ? [whyParked(view, itemId, parked)] : []), ...held];
}

const PARKED_BY = {
  import: "an import is writing its tasks",
  edit: "somebody is changing its tasks",
  delete: "somebody is deleting it",
} as const;

function whyParked({ nowMs }: View, itemId: string, parked: Parked): Because {
  const { by, sinceMs } = parked;
  const about = { reason: "parked", itemID: itemId, at: isoDate(sinceMs) } as const;
  if (!isAbandoned(parked, nowMs)) {
    const text = `${itemId} is held while ${PARKED_BY[by]}; that was last seen to go on at ${ago(sinceMs, nowMs)}.`;
    return { ...about, text, help: [onItem("look again", ["explain"], itemId)] };
  }
  const was = PARKED_BY[by].replace(" is ", " was ");
  const text = `${itemId} is held because ${was} and has not been heard from since ${ago(sinceMs, nowMs)}.`;
  return { ...about, text, help: afterAbandoned(by, itemId) };
}

function afterAbandoned(by: Parked["by"], itemId: string): Help[] {
  const remove = onItem("delete it; an import of its task file adds it again", ["delete"], itemId);
  if (by === "edit") return [onItem("start it over", ["reset"], itemId)];
  return by === "import" ? [remove] : [onItem("finish that", ["delete"], itemId)];
}

function whyFailed({ nowMs }: View, item: Item): Because {
  const { itemId, failures, interruptions, losses, endedAtMs = 0, outcome = {} } = item;
  const counts = [
    failures > 0 && `failed ${times(failures)}`,
    interruptions > 0 && `was interrupted ${times(interruptions)}`,
    losses > 0 && `lost its worker ${times(losses)}`,
  ].filter((part) => part !== false);
  const how = `${endText(outcome)}${outcome.message ? `: ${outcome.message.replace(/\.$/, "")}` : ""}`;
  const text = `${itemId} ${counts.length > 0 ? counts.join(", ") : "failed"} and was given up at ${ago(endedAtMs, nowMs)}; the last time: ${how}.`;
  const lacksResults = outcome.message?.includes(" --preceding") === true;
  const help = [
    ...(isUnstarted(outcome) ? [] : [onItem("what it printed", ["logs", "--stderr"], itemId)]),
    lacksResults
      ? onItem("make what it needs again, then start it over", ["reset", "--preceding"], itemId)
      : onItem("start it over", ["reset"], itemId),
  ];
  return { reason: "failed", text, itemID: itemId, at: isoDate(endedAtMs), help };
}

/** How the previous attempt ended, for an item that is being retried. */
function failedBefore({ itemId, failures, interruptions, losses, outcome, readyAtMs }: Item): Because[] {
  if (outcome?.cause === undefined || failures + interruptions + losses === 0) return [];
  const counts = [
    readyAtMs === undefined && failures > 0 && `failed ${times(failures)}`,
    interruptions > 0 && `was interrupted ${times(interruptions)}`,
    losses > 0 && `lost its worker ${times(losses)}`,
  ].filter((part) => part !== false);
  const before = counts.length > 0 ? `${itemId} ${counts.join(", ")} before` : `${itemId} has been tried before`;
  const text = `${before}; the last time: ${endText(outcome)}${outcome.message ? `: ${outcome.message.replace(/\.$/, "")}` : ""}.`;
  return [{ reason: "failed before", text, itemID: itemId, help: [] }];
}

function whyDone({ nowMs }: View, item: Item): Because {
  const { itemId, attempt, endedAtMs = 0, outcome, results, removal } = item;
  const { wallSeconds } = outcome ?? {};
  const took = wallSeconds === undefined ? "" : `, which took ${duration(wallSeconds * 1_000)}`;
  const text = `${itemId} has been done since ${ago(endedAtMs, nowMs)}, by attempt ${attempt}${took}.`;
  const about = { reason: "done", itemID: itemId, at: isoDate(endedAtMs) } as const;
  if (!results) return { ...about, text, help: [] };
  if (removal && isRemoved(item, results)) {
    const gone = `Its results were removed at ${ago(removal.atMs, nowMs)}, as all that followed was done.`;
    return { ...about, text: `${text} ${gone}`, help: [onItem("make them again", ["reset"], itemId)] };
  }
  const left = `It left ${counted(results.files, "file")} in $OUT, ${results.bytes.toLocaleString("en-US")} bytes.`;
  return { ...about, text: `${text} ${left}`, help: [onItem("list them", ["results"], itemId)] };
}

/** Samples that came too late for an item that waited for a whole step, or that it used and that are gone. */
async function late(view: View, item: Item): Promise<Because[]> {
  const { table } = view;
  const found = await ranWithout(table, item);
  const { itemId } = item;
  const old = item.state === "done" ? await outdated(view, item, new Set(found?.without)) : [];
  if (!found) return old;
  const again = onItem("run it again with the samples that are there now", resetWords(view, item), itemId);
  const ran = item.state === "todo" ? "was released" : "ran";
  const reasons: Because[] = [];
  if (found.without.length > 0) {
    const text = `${itemId} ${ran} without ${someOf(found.without)}.`;
    reasons.push({ reason: "ran without", text, itemID: itemId, count: found.without.length, help: [again] });
  }
  if (found.deleted.length > 0) {
    const text = `${itemId} ${ran} with ${someOf(found.deleted)}, which ${found.deleted.length === 1 ? "has" : "have"} been deleted since.`;
    const help = found.without.length > 0 ? [] : [again];
    reasons.push({ reason: "ran with deleted", text, itemID: itemId, count: found.deleted.length, help });
  }
  return [...reasons, ...old];
}

/** The item used results of items that have since been started over. */
async function outdated(view: View, item: Item, without: ReadonlySet<string>): Promise<Because[]> {
  const { itemId } = item;
  const by = await outdatedBy(view.table, item, without);
  if (by.length === 0) return [];
  const text = `${itemId} used ${by.length === 1 ? "an old result" : "old results"}: since it ran, ${someOf(by)} ${by.length === 1 ? "was" : "were"} started over.`;
  const help = [onItem("run it again with the new ones", resetWords(view, item), itemId)];
  return [{ reason: "outdated", text, itemID: itemId, count: by.length, help }];
}

function resetWords({ settings }: View, { step, state }: Item): string[] {
  const isFollowed = mayHaveFollowers(settings.links, [step]);
  return ["reset", ...(isFollowed ? ["--following"] : []), ...(state === "locked" ? ["--force"] : [])];
}

function upper(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

import { isUnstarted } from "../../lib/failures/cause-text.ts";
import type { ImportReport } from "../../lib/import/await-report.ts";
import type { FailedDetail } from "../../lib/progress/list-failed.ts";
import type { Summary } from "../../lib/progress/summarize.ts";
import { drainingSentence } from "../../lib/settings/standstills.ts";
import { type Tally, tallyOf } from "../../lib/taskfile/tally.ts";
import { LOCAL_STACK } from "../../local/stack-env.ts";
import { importRemarks } from "../import/import-text.ts";
import { printable } from "../output/cell.ts";
import { inColor } from "../output/color.ts";
import { agreeing, counted } from "../output/counted.ts";
import { duration } from "../output/durations.ts";
import { shellWords } from "../output/shell-words.ts";
import { pausedAdvice } from "../output/step-advice.ts";
import { lateLines } from "../output/summary-text.ts";
import { table } from "../output/table.ts";
import { inOwnWords, ownLine } from "../own-command.ts";
import { isUsualFolder } from "../stack-folder.ts";
import { heldUpSteps, isHeldUp, stuckStep } from "./held-up.ts";
import { hintsOn } from "./hints.ts";
import { type LeftFiles, leftFilesLines } from "./left-files.ts";
import { type OldCommands, oldCommandsText } from "./old-commands.ts";
import { type SheetNotes, sheetNotesText } from "./sheet-notes.ts";

/** Everything to report at the end of a run. */
export interface RunResult {
  summary: Summary;
  failed: FailedDetail[];
  /** for each paused step: an item that failed and waits */
  examples: FailedDetail[];
  /** failed commands that are not in the list */
  oldCommands: OldCommands | undefined;
  /** for a sample sheet: what the table contains besides it */
  sheet: SheetNotes;
  /** items that left files in their folders, which have been removed */
  leftFiles: LeftFiles | undefined;
  imported: ImportReport;
  durationMs: number;
  /** the file with the rejected rows, if there are any, and the command that runs it once they are fixed */
  rejected: { file: string; command: readonly string[] } | undefined;
  /** the folder of the stack, as given by the user */
  dir: string;
  /** the folder that scripts know as PYANAMO */
  pipeline: string;
  /** where things are: label and path */
  places: readonly (readonly [string, string])[];
}

/** How many failed items are shown to a person; the JSON output has all of them. */
const SHOWN = 10;

/** A script may print anything, so lines are cut to this length, and control characters are made visible. */
const LONGEST_LINE = 300;

/** The end of a run in the form of its JSON output. */
export interface RunReport extends Pick<Summary, "table" | "items" | "tasks" | "steps" | "paused" | "draining"> {
  failed: FailedDetail[];
  /** for a list of commands: itemIDs of failed commands that are not in it, if it could be read again */
  notInList: string[];
  import: Pick<ImportReport, "imported" | "reset" | "skipped" | "rejected" | "rows"> & Tally;
  durationMs: number;
}

/** The end of a run as one JSON document. */
export function runJson({ summary, failed, oldCommands, imported, durationMs }: RunResult): string {
  const { table: name, items, tasks, steps, paused, draining } = summary;
  const { rows, imported: added, reset, skipped, rejected } = imported;
  const result = { imported: added, reset, skipped, rejected, ...tallyOf(imported), rows };
  const report: RunReport = {
    table: name,
    items,
    tasks,
    steps,
    paused,
    draining,
    failed,
    notInList: oldCommands?.itemIDs ?? [],
    import: result,
    durationMs: Math.round(durationMs),
  };
  return JSON.stringify(report);
}

/** The end of a run for a person. */
export function runText({ summary, failed, oldCommands, sheet, ...result }: RunResult): string {
  const { examples, leftFiles, imported, durationMs, rejected, dir, pipeline, places } = result;
  const areWaiting = summary.items.waiting > summary.blocked;
  const areBlocked = summary.blocked > 0;
  const steps = Object.entries(summary.steps).map(([step, { items, tasks, blocked }]) => [
    step,
    items.done,
    items.failed,
    items.held,
    ...(areWaiting ? [items.waiting - blocked] : []),
    ...(areBlocked ? [blocked] : []),
    `${tasks.done} of ${tasks.total}`,
  ]);
  const others = [...(areWaiting ? ["waiting"] : []), ...(areBlocked ? ["blocked"] : [])];
  const head = ["step", "done", "failed", "held", ...others, "tasks done"];
  const remarks = importRemarks(imported, rejected ? fixText(rejected) : []);
  return [
    ...(steps.length > 0 ? ["", table(head, steps)] : []),
    ...failed.slice(0, SHOWN).flatMap((item) => failedText(item)),
    ...(failed.length > SHOWN ? ["", `… and ${counted(failed.length - SHOWN, "more failed item")}`] : []),
    ...examples.flatMap((item) => failedText(item, "failed, and waits")),
    ...(remarks.length > 0 ? ["", ...remarks] : []),
    "",
    `${outcomeLine(summary, imported, durationMs)}.`,
    ...(leftFiles ? leftFilesLines(leftFiles) : []),
    ...hintsOn([...failed, ...examples], pipeline),
    ...heldUpText(summary, dir),
    ...stuckText(summary, dir),
    ...(failed.some(({ itemID }) => !oldCommands?.itemIDs?.includes(itemID))
      ? [lacksRemoved(failed) ? remakeText() : "The same command with --retry-failed tries the failed ones again."]
      : []),
    ...(failed.length > 0 ? closerText(dir, failed) : []),
    ...(oldCommands ? oldCommandsText(oldCommands, placeOf(dir)) : []),
    ...lateLines(summary, placeOf(dir)),
    ...sheetNotesText(sheet, placeOf(dir)),
    ...places.map(([label, path]) => `${`${label}:`.padEnd(8)} ${path}`),
  ].join("\n");
}

function fixText({ file, command }: NonNullable<RunResult["rejected"]>): string[] {
  return [`fix them in ${file}, then run them:`, `  ${shellWords(command)}`];
}

/** Whether an item failed because results that it needs were removed: a retry alone would fail in the same way. */
function lacksRemoved(failed: readonly FailedDetail[]): boolean {
  return failed.some(({ cause, message = "" }) => cause === "no-start" && message.includes(" --preceding"));
}

const remakeText = () =>
  `Results that they need were removed. Make them again with "${ownLine("reset --state failed --preceding --yes")}", then give the same command.`;

const BY_FAILURES = [
  "Or fix it and give the same command again, which also starts over what failed:",
  "  with --retry-failed, whether the fault was in the list or in a file that the scripts call,",
  "  with --retry-failed --on-duplicate reset if done items should run again too.",
];

/** Why items are left, and how to continue: the stack of a run is down once the run has ended. */
function heldUpText(summary: Summary, dir: string): string[] {
  const steps = heldUpSteps(summary);
  if (summary.draining && isHeldUp(summary))
    return [`${drainingSentence(summary.draining)}.`, "The same command continues."];
  if (steps.length === 0) return [];
  const byFailures = steps.some((step) => summary.paused[step]?.trial);
  return [
    ...steps.flatMap((step) => (summary.paused[step] ? [`${pausedAdvice(step, summary.paused[step])}.`] : [])),
    ...(byFailures ? BY_FAILURES : []),
    ...(isUsualFolder(dir) ? [] : [`For "${ownLine("step")}", start the stack of this folder:`, ...upText(dir)]),
  ];
}

/** How to find out what items wait for, if that is not one of those that ran. */
function stuckText(summary: Summary, dir: string): string[] {
  const step = stuckStep(summary);
  if (step === undefined) return [];
  const command = [...placeOf(dir), ownLine(`explain --step ${shellWords([step])}`)].join(" ");
  return [`To see what those that wait are waiting for: "${command}".`];
}

/** How to look closer: commands find the stack of the current folder by themselves, whether it is up or not. */
function closerText(dir: string, failed: readonly FailedDetail[]): string[] {
  const [logs, show] = [ownLine("logs ITEM"), ownLine("show ITEM")];
  const [place] = placeOf(dir);
  // there are no logs to show
  if (failed.every(isUnstarted)) return [`To look closer: "${[place, show].filter(Boolean).join(" ")}".`];
  if (isUsualFolder(dir)) return [`To look closer: "${logs}" and "${show}".`];
  return [`To look closer: "${place} ${logs}", or "${show}" with the stack up:`, ...upText(dir)];
}

/** What a command needs before its name to use a folder other than the default one. */
function placeOf(dir: string): string[] {
  return isUsualFolder(dir) ? [] : [`${LOCAL_STACK}=${shellWords([dir])}`];
}

/** The commands that start the stack of another folder and point this terminal to it. */
function upText(dir: string): string[] {
  const place = shellWords(["--dir", dir]);
  return [`  ${ownLine(`local up ${place}`)} &`, `  eval "$(${ownLine(`local env --wait ${place}`)})"`];
}

function failedText(item: FailedDetail, how = "failed"): string[] {
  const why = item.exitCode === undefined ? item.cause : `${item.cause}, exit code ${item.exitCode}`;
  const where = item.taskKey ? `${item.itemID} ${item.taskKey}` : item.itemID;
  const sample = item.taskID === item.itemID ? "" : `sample ${item.taskID}, `;
  const nothing = isUnstarted(item) ? "(its script was not started)" : "(it printed nothing)";
  const log = item.logTail === "" ? [nothing] : item.logTail.split("\n");
  return [
    "",
    `${inColor("failed", how)}: ${where} (${sample}step ${item.step}): ${why}${item.message ? `; ${inOwnWords(item.message)}` : ""}`,
    ...log.map((line) => `  | ${printable(line).slice(0, LONGEST_LINE)}`),
  ];
}

function outcomeLine({ items, blocked }: Summary, { rejected }: ImportReport, durationMs: number): string {
  const total = Object.values(items).reduce((sum, count) => sum + count, 0);
  const took = `in ${duration(durationMs)}`;
  const rejects = rejected > 0 ? [`${counted(rejected, "row")} rejected`] : [];
  if (total === 0) return ["There was nothing to run", ...rejects].join(", ");
  if (items.done === total && rejected === 0)
    return inColor("done", total === 1 ? `The one item is done ${took}` : `All ${total} items are done ${took}`);
  if (total === 1) return `${[oneOutcome(items), ...rejects].join(", ")} ${took}`;
  const parts = [`${items.done} of ${counted(total, "item")} ${agreeing(items.done, "is", "are")} done`];
  if (items.failed > 0) parts.push(inColor("failed", `${items.failed} failed`));
  if (items.held > 0) parts.push(`${items.held} held`);
  const going = items.waiting - blocked;
  if (blocked > 0) parts.push(`${blocked} blocked by failed ones`);
  if (going > 0) parts.push(`${going} waiting for others`);
  if (items.todo + items.locked > 0) parts.push(`${items.todo + items.locked} left`);
  return `${[...parts, ...rejects].join(", ")} ${took}`;
}

function oneOutcome({ done, failed, held }: Summary["items"]): string {
  if (failed > 0) return inColor("failed", "The one item failed");
  return `The one item is ${done > 0 ? "done" : held > 0 ? "held" : "left"}`;
}

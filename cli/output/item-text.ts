import type { Log } from "../../lib/items/item.ts";
import { SETTING_SPECS } from "../../lib/items/item-settings.ts";
import type { ItemDetail, TasksDetail } from "../../lib/select/describe-item.ts";
import { inOwnWords, ownCommand } from "../own-command.ts";
import { bytesText } from "./bytes-text.ts";
import { printable } from "./cell.ts";
import { inColor } from "./color.ts";
import { counted } from "./counted.ts";
import { duration } from "./durations.ts";
import { shellWords } from "./shell-words.ts";

const TAIL_LINES = 10;
/** How many failed tasks are listed for a person; the JSON output has all of them. */
const NAMED = 10;
const INDENT = 11;

/** Everything about one item, for a person. */
export function itemText(item: ItemDetail): string {
  const rows: (readonly [string, string | undefined])[] = [
    ["item", item.itemID],
    ["sample", item.taskID],
    ["step", item.step],
    ["state", stateText(item)],
    ["waits for", waitsText(item)],
    ["script", item.script],
    ["tasks", item.tasks && tasksText(item.tasks)],
    ["history", historyText(item)],
    ["worker", workerText(item)],
    ["used", usedText(item)],
    ["inputs", item.inputs?.join(", ")],
    ["results", resultsText(item)],
    ["limits", limitsText(item)],
    ["message", item.message && inOwnWords(item.message)],
    ["source", item.source],
  ];
  const named = rows.flatMap(([name, text]) => {
    if (text === undefined) return [];
    const shown = indented(text);
    return [`${name.padEnd(INDENT)}${name === "state" ? firstWordInColor(shown) : shown}`];
  });
  return [...named, ...logText(item)].join("\n");
}

function firstWordInColor(text: string): string {
  return text.replace(/^\w+/, (state) => inColor(state, state));
}

/**
 * What it waits for that is not done, and what helps if that has failed; for an item that has started, what it names.
 */
function waitsText(item: ItemDetail): string | undefined {
  const { waits } = item;
  if (!waits) return namesText(item);
  const lines = waits.waitsFor.map((part) => {
    const { step, itemID, wholeStep, missing, unfinished, failed, unfinishedCount, failedCount } = part;
    const what = itemID ?? (wholeStep ? `all of step ${step}` : `its sample's items in step ${step}`);
    const named = (those: typeof failed, count: number) =>
      `${those.map((one) => one.itemID).join(", ")}${count > those.length ? ` and ${count - those.length} more` : ""}`;
    const why = [
      missing === "end of import" ? "an import is adding items" : missing && "nothing is there yet",
      unfinishedCount > 0 && `not done: ${named(unfinished, unfinishedCount)}`,
      failedCount > 0 && `failed: ${named(failed, failedCount)}`,
    ];
    return `${what} (${why.filter(Boolean).join("; ")})`;
  });
  const [first] = waits.waitsFor.flatMap(({ failed }) => failed);
  const help =
    waits.blocked && first ? [`blocked; start it over:  ${shellWords([...ownCommand(), "reset", first.itemID])}`] : [];
  return [...lines, ...help].join("\n") || undefined;
}

function namesText({ after = [], afterAll = [], afterItems = [] }: ItemDetail): string | undefined {
  const parts = [
    after.length > 0 && `its sample's items in step ${after.join(", ")}`,
    afterAll.length > 0 && `all of step ${afterAll.join(", ")}`,
    afterItems.length > 0 && afterItems.join(", "),
  ];
  return parts.filter(Boolean).join("; ") || undefined;
}

function stateText({ state, cause, exitCode, signal, endedAt, readyAt }: ItemDetail): string {
  const why = [cause, exitCode === undefined ? undefined : `exit code ${exitCode}`, signal].filter(Boolean).join(", ");
  const lastTime = state === "todo" || state === "locked" || state === "held";
  const how = why === "" || state === "done" ? "" : lastTime ? ` (last attempt: ${why})` : ` (${why})`;
  return `${state}${how}${endedAt ? ` since ${endedAt}` : ""}${readyAt ? `, not to be claimed before ${readyAt}` : ""}`;
}

function tasksText({ byState, byExitCode, list }: TasksDetail): string {
  const states = Object.entries(byState).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []));
  const codes = Object.entries(byExitCode).map(([code, count]) => `${code} (${count})`);
  const failed = list.filter(({ state }) => state === "failed");
  return [
    `${counted(list.length, "task")}: ${states.join(", ")}`,
    ...(codes.length > 0 ? [`exit codes: ${codes.join(", ")}`] : []),
    ...failed.slice(0, NAMED).map((task) => {
      const how = [task.cause, task.exitCode === undefined ? task.signal : `exit code ${task.exitCode}`];
      return `${task.taskKey} failed: ${how.filter(Boolean).join(", ")}: ${printable(task.script).slice(0, 80)}`;
    }),
    ...(failed.length > NAMED ? [`… and ${counted(failed.length - NAMED, "more failed task")}`] : []),
  ].join("\n");
}

function historyText(item: ItemDetail): string {
  const { attempt = 0, failures = 0, interruptions = 0, losses = 0, maxAttempts } = item;
  const most = maxAttempts === undefined ? "" : ` of at most ${maxAttempts}`;
  return `${counted(attempt, "attempt")}; since the last reset ${failures} failed${most}, ${interruptions} interrupted, ${losses} lost`;
}

function workerText({ state, instance, jobAttempt, lockedAt, leaseExpiresAt }: ItemDetail): string | undefined {
  if (instance === undefined) return undefined;
  const job = jobAttempt ? `, attempt ${jobAttempt} of the job` : "";
  const has = state === "locked" ? "has it" : "had it last";
  return `${instance}${job} ${has}, since ${lockedAt}${leaseExpiresAt ? `; lease until ${leaseExpiresAt}` : ""}`;
}

function usedText({ wallSeconds, cpuSeconds, peakMemoryBytes }: ItemDetail): string | undefined {
  const parts = [
    wallSeconds === undefined ? undefined : duration(wallSeconds * 1_000),
    cpuSeconds === undefined ? undefined : `CPU ${duration(cpuSeconds * 1_000)}`,
    peakMemoryBytes === undefined ? undefined : `memory ${(peakMemoryBytes / 1024 ** 2).toFixed(1)} MiB`,
  ];
  return parts.filter(Boolean).join(", ") || undefined;
}

/** What it left in `$OUT`; for a nested item, all its tasks together. */
function resultsText({ results, resultsRemovedAt, tasks, itemID }: ItemDetail): string | undefined {
  const all = tasks ? tasks.list.flatMap((task) => task.results ?? []) : results ? [results] : [];
  if (all.length === 0) return undefined;
  const files = all.reduce((sum, one) => sum + one.files, 0);
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  const of = results && !tasks ? ` of attempt ${results.attempt}` : "";
  const list = shellWords([...ownCommand(), "results", itemID]);
  const gone = resultsRemovedAt === undefined ? "" : `, removed at ${resultsRemovedAt}`;
  return `${counted(files, "file")}, ${bytesText(bytes)}${of}${gone}:  ${list}`;
}

/** The settings, except the number of attempts, which is part of the history. */
function limitsText(item: ItemDetail): string {
  const parts = SETTING_SPECS.flatMap(({ name, kind, label }) => {
    const value = item[name];
    return value === undefined || name === "maxAttempts" ? [] : [`${label} ${value}${kind === "seconds" ? " s" : ""}`];
  });
  return parts.join(", ");
}

function logText({ itemID, log, logBytes, logOf }: ItemDetail): string[] {
  if (!log) return [];
  const lines = endOf(log);
  const head = `log${logOf ? ` of ${logOf}` : ""}: ${lastText(lines.length)} of ${counted(logBytes ?? 0, "byte")}`;
  const whole = shellWords([...ownCommand(), "logs", itemID, ...(logOf ? [logOf] : [])]);
  return ["", `${head} (all: ${whole}, --stderr)`, ...lines.map((line) => `  | ${line}`)];
}

function lastText(lines: number): string {
  return lines === 1 ? "the last line" : `the last ${counted(lines, "line")}`;
}

function endOf({ stdout, stderr }: Log): string[] {
  const whole = [stdout, stderr].map((text) => text.trimEnd()).filter((text) => text !== "");
  return whole
    .join("\n")
    .split("\n")
    .slice(-TAIL_LINES)
    .map((line) => printable(line));
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line))
    .join(`\n${" ".repeat(INDENT)}`);
}

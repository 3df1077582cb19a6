import type { Readable } from "node:stream";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { isStdin, readInput, STDIN } from "../../lib/input.ts";
import { CAUSES, type Cause, ITEM_STATES, type ItemState } from "../../lib/items/states.ts";
import type { Which } from "../../workflow/which.ts";
import { durationMs } from "./flag-durations.ts";

/** `blocked`: an item that is waiting in vain; summaries count these separately, so `waiting` means only the others. */
type StateFlag = ItemState | "blocked";
const STATE_FLAGS: readonly StateFlag[] = [...ITEM_STATES, "blocked"];

/** The options that select items. */
export interface SelectorFlags {
  from?: string;
  state?: StateFlag[];
  step?: string[];
  sample?: string[];
  /** the earlier name of --sample */
  taskId?: string[];
  cause?: Cause[];
  exitCode?: number[];
  job?: string;
  olderThan?: number;
  match?: string;
  group?: string;
}

/** Adds the arguments and options that select items. */
export function addSelectorFlags(command: Command): Command {
  return command
    .argument("[ids...]", `itemIDs; "${STDIN}" reads them from stdin`)
    .option("--from <file>", `a file of itemIDs, one per line; "${STDIN}" is stdin`)
    .addOption(many("--state <state>", `in state ${ITEM_STATES.join(", ")}; or blocked`, oneOf(STATE_FLAGS)))
    .addOption(many("--step <step>", "of this step", (value) => [value]))
    .addOption(many("--sample <sample>", "of this sample, in all steps", (value) => [value]))
    .addOption(many("--task-id <sample>", "the same", (value) => [value]).hideHelp())
    .addOption(many("--cause <cause>", `whose last attempt ended with ${CAUSES.join(", ")}`, oneOf(CAUSES)))
    .addOption(many("--exit-code <n>", "whose last attempt ended with this exit code", exitCodes))
    .option("--job <id>", "locked by this Batch job, or by a child of this array job")
    .option("--older-than <time>", "done, failed, held or locked for longer than 90s, 15m, 2h, 7d …", durationMs)
    .option("--match <glob>", "whose itemID matches: * ? [a-f] [!x]", nonEmptyGlob)
    .option("--group <id>", "of this group of failures on the progress page", groupId);
}

/** The lines of help that all commands with selectors share. */
export const SELECTOR_HELP =
  "Selecting options combine: all must match. One that is given twice matches either of its values.";

/**
 * The items that arguments and options select. Each call reads the ids again, except from stdin, which can be read only
 * once.
 */
export function whichOf(
  ids: readonly string[],
  flags: SelectorFlags & { all?: boolean },
  stdin: Readable = process.stdin,
): Exclude<Which, string | readonly string[]> {
  const { from, state, step, cause, exitCode, job, olderThan, match, group, all } = flags;
  return {
    ids: ids.length > 0 || from !== undefined ? allIds(ids, from, stdin) : undefined,
    ...statesOf(state),
    steps: step,
    taskIds: samplesOf(flags),
    causes: cause,
    exitCodes: exitCode,
    job,
    olderThanMs: olderThan,
    match,
    group,
    all,
  };
}

function statesOf(flags: readonly StateFlag[] | undefined): { states?: ItemState[]; blocked?: boolean } {
  if (!flags) return {};
  const states = flags.map((one) => (one === "blocked" ? "waiting" : one));
  const [isWaiting, isBlocked] = [flags.includes("waiting"), flags.includes("blocked")];
  return { states: [...new Set(states)], ...(isWaiting !== isBlocked && { blocked: isBlocked }) };
}

/** The selected samples. */
export function samplesOf({ sample, taskId }: SelectorFlags): string[] | undefined {
  return sample || taskId ? [...(sample ?? []), ...(taskId ?? [])] : undefined;
}

/** Whether ids are read from stdin, which can be read only once and leaves no way to ask a question. */
export function readsStdin(ids: readonly string[], { from }: SelectorFlags): boolean {
  return (from !== undefined && isStdin(from)) || ids.includes(STDIN);
}

async function* allIds(ids: readonly string[], from: string | undefined, stdin: Readable): AsyncGenerator<string> {
  for (const id of ids) if (id !== STDIN) yield id;
  if (readsStdin(ids, { from })) yield* linesOf(stdin);
  if (from !== undefined && !isStdin(from)) yield* linesOfFile(from);
}

async function* linesOfFile(path: string): AsyncGenerator<string> {
  try {
    yield* linesOf(readInput(path));
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`--from: ${error.message}`, { cause: error });
    throw error;
  }
}

/** One id per line, without blank lines, carriage returns and a byte-order mark. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield* idOf(line);
  }
  yield* idOf(rest + decoder.decode());
}

function* idOf(line: string): Generator<string> {
  const id = line.replace(/\r$/, "");
  if (id.trim() !== "") yield id;
}

/** An option that may be given more than once. */
function many<T>(flags: string, description: string, parse: (value: string) => readonly T[]): Option {
  return new Option(flags, description).argParser<T[]>((value, before) => [...(before ?? []), ...parse(value)]);
}

function oneOf<T extends string>(known: readonly T[]) {
  return (value: string): T[] =>
    value.split(",").map((part) => {
      const found = known.find((one) => one === part);
      if (found === undefined) throw new InvalidArgumentError(`Expected one of ${known.join(", ")}.`);
      return found;
    });
}

function exitCodes(value: string): number[] {
  return value.split(",").map((part) => {
    if (/^\d{1,3}$/.test(part) && Number(part) <= 255) return Number(part);
    throw new InvalidArgumentError("Expected a number from 0 to 255.");
  });
}

function groupId(value: string): string {
  if (/^[0-9a-f]{10}$/.test(value)) return value;
  throw new InvalidArgumentError("Expected the ten letters and digits of a group of failures.");
}

function nonEmptyGlob(value: string): string {
  if (value === "") throw new InvalidArgumentError("Expected a pattern, found nothing.");
  return value;
}

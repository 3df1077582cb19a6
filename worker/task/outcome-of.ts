import { constants } from "node:os";
import type { Outcome } from "../../lib/items/item.ts";
import type { Cause } from "../../lib/items/states.ts";
import type { LaunchEnd } from "./launcher.ts";
import type { StopReason } from "./stopper.ts";

const CAUSE_OF_STOP: Readonly<Record<StopReason, Cause>> = {
  timeout: "timeout",
  interrupted: "interrupted",
  "lease-lost": "lost",
};

// These do not end a process by default, so 128 plus one of them is an ordinary exit code.
const HARMLESS = new Set(["SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"]);

const SIGNAL_NAMES = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) {
  if (!HARMLESS.has(name) && !SIGNAL_NAMES.has(number)) SIGNAL_NAMES.set(number, name);
}

/** What is known about a task that has ended. */
export interface Ending {
  end: LaunchEnd;
  /** why it was stopped, if it was */
  stopped?: StopReason;
  timeoutMs?: number;
  /** whether the OOM killer killed a process of the worker's container while the task ran */
  oomKills: boolean;
}

/** Determines how a task ended: what stopped it comes first, then its exit status. */
export function outcomeOf({ end, stopped, timeoutMs, oomKills }: Ending): Outcome {
  const status = end.kind === "ended" ? statusOutcome(end.status, oomKills) : deathOutcome(end);
  if (!stopped) return status;
  const { message: _, ...rest } = status;
  return {
    ...rest,
    cause: CAUSE_OF_STOP[stopped],
    ...(stopped === "timeout" &&
      timeoutMs !== undefined && { message: `ran longer than its time-out of ${duration(timeoutMs)}` }),
  };
}

function statusOutcome(status: number, oomKills: boolean): Outcome {
  if (status === 0) return { exitCode: 0 };
  if (status === 126 || status === 127) return { cause: "no-start", exitCode: status };
  const signal = SIGNAL_NAMES.get(status - 128);
  if (!signal) return { cause: "exit", exitCode: status };
  return {
    cause: signal === "SIGKILL" && oomKills ? "oom" : "signal",
    exitCode: status,
    signal,
    ...(signal === "SIGPIPE" && { message: "a command was still writing to a pipe whose reader had ended (pipefail)" }),
  };
}

function deathOutcome(end: Extract<LaunchEnd, { kind: "helper-died" }>): Outcome {
  if (!end.started) return { cause: "no-start", message: end.how };
  return { cause: "signal", signal: "SIGKILL", message: `killed, as ${end.how}` };
}

function duration(ms: number): string {
  const [size, unit] = ms >= 7_200_000 ? [3_600_000, "h"] : ms >= 120_000 ? [60_000, "min"] : [1_000, "s"];
  return `${Math.round((ms / size) * 10) / 10} ${unit}`;
}

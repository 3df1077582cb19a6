import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../../lib/notify/message.ts";

/** How long a command may take before it is killed, with everything that it has started. */
export const COMMAND_MS = 60_000;
/** How much of its stderr is kept for the message that it failed. */
const MOST_STDERR = 2_000;
/** How long after its end the rest of stderr may take to arrive. */
const READ_MS = 500;

/**
 * Runs a user's command in a shell, with a message on stdin and in variables. Resolves with the reason if it failed,
 * otherwise with undefined. Drops its stdout, because ours may be one JSON document.
 */
export async function runCommand(
  command: string,
  message: Message,
  { signal, timeoutMs = COMMAND_MS }: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<string | undefined> {
  const child = spawn("/bin/sh", ["-c", command], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, ...variablesOf(message) },
    // a process group of its own, so that all of it can be killed, and Ctrl-C does not end it halfway
    detached: true,
  });
  const ended = Promise.withResolvers<string | undefined>();
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed = (printed + text).slice(-MOST_STDERR);
  });
  // the command need not read its stdin
  child.stdin.on("error", () => {});
  child.stdin.end(message.text);
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // it has ended
    }
  };
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted) kill();
  child.once("error", (error) => ended.resolve(error.message));
  const isRead = Promise.withResolvers<void>();
  child.once("close", () => isRead.resolve());
  child.once("exit", async (code, name) => {
    // processes that it leaves running in the background may keep stderr open
    await Promise.race([isRead.promise, sleep(READ_MS, undefined, { ref: false })]);
    const last = printed.trimEnd().split("\n").at(-1) ?? "";
    const more = last === "" ? "" : `: ${last}`;
    if (isLate) ended.resolve(`it was killed after ${timeoutMs / 1_000} s`);
    else if (name !== null) ended.resolve(`it was killed by ${name}${more}`);
    else ended.resolve(code === 0 ? undefined : `exit code ${code}${more}`);
  });
  try {
    return await ended.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    child.stderr.destroy();
  }
}

/** The fields of a message as variables. */
export function variablesOf({ subject, data }: Message): Record<string, string> {
  const first = data.news.find((one) => "step" in one);
  const total = Object.values(data.items).reduce((sum, count) => sum + count, 0);
  return {
    ANAMO_EVENT: data.event,
    ANAMO_EVENTS: data.events.join(" "),
    // the step of the most important event that has one
    ANAMO_STEP: first?.step ?? "",
    ANAMO_SUBJECT: subject,
    ANAMO_TOTAL: String(total),
    ANAMO_DONE: String(data.items.done),
    ANAMO_FAILED: String(data.items.failed),
    ANAMO_EVENT_JSON: JSON.stringify(data),
  };
}

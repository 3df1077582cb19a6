import { counted } from "../counted.ts";
import { duration } from "../duration.ts";
import { isoDate } from "../iso-date.ts";
import type { Outcome } from "../items/item.ts";
import type { Help } from "./explanation.ts";

/** An `anamo` command that helps. */
export function anamo(does: string, ...words: readonly string[]): Help {
  return { words: ["anamo", ...words], does };
}

/** A command with itemIDs, which may begin with a dash. */
export function onItem(does: string, [command = "", ...options]: readonly string[], itemId: string): Help {
  return anamo(does, command, ...options, ...(itemId.startsWith("-") ? ["--"] : []), itemId);
}

/** `2026-11-30T12:00:00.000Z, 4 min 10 s ago`. */
export function ago(atMs: number, nowMs: number): string {
  return `${isoDate(atMs)}, ${duration(Math.max(0, nowMs - atMs))} ago`;
}

/** `exit code 1`, `killed by SIGKILL (oom)`, `timeout`: how an attempt ended. */
export function endText({ cause, exitCode, signal }: Outcome): string {
  if (exitCode !== undefined) return `exit code ${exitCode}${cause && cause !== "exit" ? ` (${cause})` : ""}`;
  if (signal !== undefined) return `killed by ${signal}${cause && cause !== "signal" ? ` (${cause})` : ""}`;
  return cause ?? "unknown";
}

/** The first few of some names, and how many more there are. */
export function someOf(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(", ")}${more > 0 ? ` and ${more.toLocaleString("en-US")} more` : ""}`;
}

/** `2 times`, `once`. */
export function times(count: number): string {
  return count === 1 ? "once" : counted(count, "time");
}

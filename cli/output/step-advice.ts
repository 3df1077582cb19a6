import { pausedSentence } from "../../lib/settings/standstills.ts";
import type { Paused } from "../../lib/store/settings.ts";
import { ownCommand, ownLine } from "../own-command.ts";
import { shellWords } from "./shell-words.ts";

/** Why a step is paused, and what to type when that is fixed. */
export function pausedAdvice(step: string, paused: Pick<Paused, "since" | "why">): string {
  return `${pausedSentence(step, paused)}: ${resumeAdvice(step)}`;
}

/** What to type when the reason for a pause is fixed. */
export function resumeAdvice(step: string): string {
  return `fix it, then \`${shellWords([...ownCommand(), "step", "resume", step])}\``;
}

/** What to type if a table is drained. */
export function drainAdvice(): string {
  return `\`${ownLine("launch")}\` or \`${ownLine("stop --lift")}\` ends that`;
}

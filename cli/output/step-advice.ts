import { PAUSED_BY_HAND, pausedSentence } from "../../lib/settings/standstills.ts";
import type { Paused } from "../../lib/store/settings.ts";
import { ownCommand, ownLine } from "../own-command.ts";
import { shellWords } from "./shell-words.ts";

/** Why a step is paused, and what to type to end that. */
export function pausedAdvice(step: string, paused: Pick<Paused, "since" | "why">): string {
  const isByHand = paused.why === PAUSED_BY_HAND;
  return `${pausedSentence(step, paused)}${isByHand ? ";" : ":"} ${resumeAdvice(step, { isByHand })}`;
}

/** What to type to end a pause; if the pause has a reason, after that is fixed. */
export function resumeAdvice(step: string, { isByHand = false }: { isByHand?: boolean | undefined } = {}): string {
  const command = `\`${shellWords([...ownCommand(), "step", "resume", step])}\``;
  return isByHand ? `${command} ends that` : `fix it, then ${command}`;
}

/** What to type if a table is drained. */
export function drainAdvice(): string {
  return `\`${ownLine("launch")}\` or \`${ownLine("stop --lift")}\` ends that`;
}

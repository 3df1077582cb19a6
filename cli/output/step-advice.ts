import { pausedSentence } from "../../lib/settings/standstills.ts";
import type { Paused } from "../../lib/store/settings.ts";
import { shellWords } from "./shell-words.ts";

/** What is the matter with a paused step, and what to type when it is mended. */
export function pausedAdvice(step: string, paused: Pick<Paused, "since" | "why">): string {
  return `${pausedSentence(step, paused)}: ${resumeAdvice(step)}`;
}

/** What to type when what a step was paused for is mended. */
export function resumeAdvice(step: string): string {
  return `mend it, then \`anamo step resume ${shellWords([step])}\``;
}

/** What to type where a table is drained. */
export const DRAIN_ADVICE = "`anamo launch` or `anamo stop --lift` ends that";

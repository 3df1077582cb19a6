import type { Paused } from "../../lib/settings.ts";
import { pausedSentence } from "../../lib/standstills.ts";
import { shellWords } from "./shell-words.ts";

/** What is the matter with a paused step, and what to type when it is mended. */
export function pausedAdvice(step: string, paused: Pick<Paused, "since" | "why">): string {
  return `${pausedSentence(step, paused)}: mend it, then \`anamo step resume ${shellWords([step])}\``;
}

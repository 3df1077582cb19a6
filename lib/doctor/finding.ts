import type { Answer, Ask } from "./ask.ts";

/** What one check found. A `problem` keeps a deploy, or tasks, from working; a `warning` may. */
export interface Finding {
  state: "ok" | "warning" | "problem";
  /** one sentence, without a period */
  what: string;
  /** what to type to fix it */
  type?: readonly string[];
}

export const ok = (what: string): Finding => ({ state: "ok", what });
export const warning = (what: string, ...type: string[]): Finding => ({ state: "warning", what, type });
export const problem = (what: string, ...type: string[]): Finding => ({ state: "problem", what, type });

/** A check: makes calls to AWS and interprets the answers. */
export type Check = (ask: Ask, place: Place) => Promise<Finding[]>;

/** What is checked. */
export interface Place {
  stage: string;
  stack: string;
  region: string;
  account: string;
}

/** The finding for a call that was refused: the person may lack the permission to look. */
export function unseen(what: string, { code, message }: Extract<Answer, { ok: false }>): Finding {
  return warning(`cannot look at ${what}: ${code}${message ? `, ${message}` : ""}`);
}

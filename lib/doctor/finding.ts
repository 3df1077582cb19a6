import { shellWords } from "../shell-words.ts";
import type { Ask, Refused } from "./ask.ts";

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

/** The outputs of the stack, by name. */
export type Outputs = ReadonlyMap<string, string>;

/** `npx sls deploy` with these parameters. */
export const deployWith = (stage: string, ...params: string[]): string =>
  `npx sls deploy --stage ${stage} ${params.map((param) => `--param ${param}`).join(" ")}, with your other parameters`;

/** The finding for a call that was refused, because the person may not look, or AWS did not answer. */
export function unseen(what: string, { code, message, call = [] }: Refused): Finding {
  const isDenied = /denied|unauthorized|forbidden|^403$/i.test(code);
  const again = call.length > 0 ? shellWords(["aws", ...call]) : "the same command again";
  const why = [code, message].filter(Boolean).join(", ");
  const type = isDenied ? "docs/security.md#people-who-run-things lists what doctor has to be allowed" : again;
  return warning(`cannot look at ${what}: ${why}`, type);
}

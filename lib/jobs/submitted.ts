import type { LaunchNote } from "../store/settings.ts";

/** Workers that a launch has submitted. */
export interface Submitted {
  jobId: string;
  workers: number;
  atMs: number;
}

/** What the settings say that launches have submitted lately, oldest first. */
export function submittedLately({ last }: LaunchNote): Submitted[] {
  if (!last) return [];
  const { earlier = [], ...newest } = last;
  return [...earlier, newest];
}

/** The ids of these jobs, to ask Batch about those that it does not list yet. */
export function idsLately(note: LaunchNote): string[] {
  return submittedLately(note).map(({ jobId }) => jobId);
}

/** The stored form: earlier versions read the newest job only. */
export function toLast(submitted: readonly Submitted[]): LaunchNote["last"] {
  const newest = submitted.at(-1);
  if (!newest) return undefined;
  const earlier = submitted.slice(0, -1);
  return { ...newest, ...(earlier.length > 0 && { earlier }) };
}

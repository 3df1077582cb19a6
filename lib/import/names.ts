/** Key prefix of files to import. */
export const IMPORTS = "imports/";
/** Key prefix of the notes from which an import that ran out of time continues. */
export const CONTINUATIONS = "continuations/";
const REPORTS = "reports/imports/";

/** The step of files that are not in a folder. */
export const DEFAULT_STEP = "default";

/** What the key of a task file says, and the keys of everything that its import writes. */
export interface ImportNames {
  step: string;
  file: string;
  reportKey: string;
  /** where the rejected rows go: next to the report, named after the file, never compressed */
  rejectedKey: string;
  continuationKey: string;
  /**
   * where the parts of an import save their spools, each for the next one: not under `continuations/`, where an object
   * starts a run, and apart from another file that replaces this one
   */
  partsPrefix: (importId: string) => string;
}

/** Derives the names from `imports/<step>/<file>`. Files in deeper folders belong to the step of the first folder. */
export function importNames(key: string): ImportNames {
  const path = key.startsWith(IMPORTS) ? key.slice(IMPORTS.length) : key;
  const folders = path.split("/");
  const file = folders.at(-1) ?? "";
  const plain = path.replace(/\.gz$/i, "");
  const [, stem = plain, extension = ""] = /^(.*[^/])(\.[^./]+)$/.exec(plain) ?? [];
  return {
    step: folders.length > 1 ? (folders[0] ?? "") : DEFAULT_STEP,
    file,
    reportKey: `${REPORTS}${path}.json`,
    rejectedKey: `${REPORTS}${stem}.rejected${extension}`,
    continuationKey: `${CONTINUATIONS}${key}.json`,
    partsPrefix: (importId) => `${REPORTS}${path}.parts/${importId}/`,
  };
}

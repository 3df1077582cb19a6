/** Keys under which files are dropped. */
export const IMPORTS = "imports/";
/** Keys of the notes from which an import that ran out of time goes on. */
export const CONTINUATIONS = "continuations/";
const REPORTS = "reports/imports/";

/** The step of files that lie in no folder. */
export const DEFAULT_STEP = "default";

/** What the key of a task file says, and where everything goes that an import of it writes. */
export interface ImportNames {
  step: string;
  file: string;
  reportKey: string;
  /** where the rejected rows go: beside the report, named as the file, always unpacked */
  rejectedKey: string;
  continuationKey: string;
  /** where part `part` leaves its notes for the next one; not under `continuations/`, which starts the function */
  partKey: (part: number, what: string) => string;
}

/** `imports/<step>/<file>`; files in deeper folders belong to the step of the first one. */
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
    partKey: (part, what) => `${REPORTS}${path}.parts/${part}.${what}`,
  };
}

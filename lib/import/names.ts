import { createHash } from "node:crypto";

/** Key prefix of files to import. */
export const IMPORTS = "imports/";
/** Key prefix of the notes from which an import that ran out of time continues. */
export const CONTINUATIONS = "continuations/";
/** Key prefix of workflows that belong to sample sheets. */
export const WORKFLOWS = "workflows/";
const REPORTS = "reports/imports/";

/** The step of files that are not in a folder. */
export const DEFAULT_STEP = "default";

/** What the key of a task file means, and the keys of everything that its import writes. */
export interface ImportNames {
  step: string;
  file: string;
  reportKey: string;
  /** where the rejected rows go: next to the report, named after the file, never compressed */
  rejectedKey: string;
  continuationKey: string;
  /**
   * where each part of an import saves its spools for the next: not under `continuations/`, where every object starts a
   * run, and separate for each file that replaces this one
   */
  partsPrefix: (importId: string) => string;
}

/** S3 allows keys of 1,024 bytes. An import's own keys are longer than the file's by up to 150. */
const LONGEST_BYTES = 800;
const LONGEST_EXTENSION = 40;

/** Derives the names from `imports/<step>/<file>`. Files in deeper folders belong to the step of the first folder. */
export function importNames(key: string): ImportNames {
  const whole = key.startsWith(IMPORTS) ? key.slice(IMPORTS.length) : key;
  const folders = whole.split("/");
  const file = folders.at(-1) ?? "";
  const path = shortened(whole);
  const plain = path.replace(/\.gz$/i, "");
  const [, stem = plain, extension = ""] = /^(.*[^/])(\.[^./]+)$/.exec(plain) ?? [];
  // reports end in .json, and each new report starts workers
  const ending = extension.toLowerCase() === ".json" ? ".jsonl" : extension;
  return {
    step: folders.length > 1 ? (folders[0] ?? "") : DEFAULT_STEP,
    file,
    reportKey: `${REPORTS}${path}.json`,
    rejectedKey: `${REPORTS}${stem}.rejected${ending}`,
    continuationKey: `${CONTINUATIONS}${key === whole ? "" : IMPORTS}${path}.json`,
    partsPrefix: (importId) => `${REPORTS}${path}.parts/${importId}/`,
  };
}

/** Replaces the middle with a hash of the whole: the beginning is the folder, the end shows the format. */
function shortened(path: string): string {
  const bytes = Buffer.from(path);
  if (bytes.length <= LONGEST_BYTES) return path;
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  // do not cut inside a multi-byte character, which would be replaced
  const start = bytes
    .subarray(0, LONGEST_BYTES - 100)
    .toString()
    .replace(/\uFFFD+$/, "");
  const [ending = ""] = /(\.[^./]+)?(\.gz)?$/i.exec(path) ?? [];
  return `${start}~${hash}${ending.length <= LONGEST_EXTENSION ? ending : ""}`;
}

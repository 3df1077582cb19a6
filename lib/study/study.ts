import type { SettingColumn } from "../items/item-settings.ts";
import type { GivenKeep } from "../store/settings.ts";
import { UnusableFileError } from "../taskfile/problem.ts";

/*
 * How a study turns into items:
 *
 *   workflow.yml ─ parse-workflow ─▶ Study ┐
 *   samples.csv  ─ read-sheet ─────▶ Sheet ┴─ bind ─▶ Plan ─ expand ─▶ rows like those of a task file ─▶ import
 *
 * `bind` knows the sheet's header, so it detects names that are not columns; `expand` knows the rows. A Study is plain
 * data: it is stored in the bucket, and in the note of an import that continues.
 */

/** What a workflow file says, checked as far as possible without a sample sheet. */
export interface Study {
  version: 1;
  /** the name of the file, for messages */
  name: string;
  /** the column with the ids of the samples, if the file names it */
  sample?: Named;
  steps: StudyStep[];
}

/** A text, and its line in the workflow file. */
export interface Named {
  text: string;
  line: number;
}

export interface StudyStep {
  name: string;
  line: number;
  script: Named;
  /** true: one item in total; false: one per sample; absent: the script determines it */
  once?: boolean;
  /** columns: one item for each combination of their values */
  group?: Named[];
  after?: Named[];
  afterAll?: Named[];
  afterItems?: string[];
  allowFailed?: string;
  /** steps that it waits for, `s3://` URIs and paths, which may name columns */
  inputs?: Named[];
  /** how long its results stay; absent: forever */
  keep?: GivenKeep;
  args?: { values: string[] } | { column: Named };
  /** which rows the step is for */
  when?: Named;
  /** settings of its items, in the form of a task file's columns */
  settings: Partial<Record<SettingColumn, string>>;
}

/** A mistake in a workflow file. */
export interface Mistake {
  line: number;
  text: string;
}

/** How many mistakes in a file a message lists. */
const SHOWN = 10;

/** The error for a workflow file with mistakes: a line for each, `workflow.yml:7: …`. */
export function mistakesError(name: string, mistakes: readonly Mistake[]): UnusableFileError {
  const inOrder = mistakes.toSorted((a, b) => a.line - b.line);
  const lines = inOrder.slice(0, SHOWN).map(({ line, text }) => `${name}:${line}: ${text}`);
  const more = mistakes.length - lines.length;
  return new UnusableFileError([...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n"));
}

/** How long the results of each step stay; what the file does not say is forever. */
export function keepsOf({ steps }: Pick<Study, "steps">): Map<string, GivenKeep> {
  return new Map(steps.map(({ name, keep = "forever" }) => [name, keep]));
}

import type { OddValues } from "../../lib/study/odd-values.ts";
import type { NotInSheet } from "../../workflow/not-in-sheet.ts";
import type { InputsRemoved, Outdated } from "../../workflow/plan.ts";
import { cell } from "../output/cell.ts";
import { agreeing, counted } from "../output/counted.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownLine } from "../own-command.ts";

/** How many samples, items or steps are named on a line. */
const NAMED = 10;

/** Reports items in the table that a workflow and a sheet do not make; `place` is what commands must begin with. */
export function notInSheetText({ samples, itemIDs, steps }: NotInSheet, place: readonly string[] = []): string[] {
  const remove = (words: readonly string[]) =>
    `  ${[...place, ownLine(shellWords(["delete", ...words.slice(0, 2 * NAMED)]))].join(" ")}`;
  const lines: string[] = [];
  if (samples.length > 0) {
    const items = samples.reduce((sum, one) => sum + one.items, 0);
    const names = namesText(samples.map(({ sample }) => sample));
    lines.push(
      `${counted(items, "item")} of ${counted(samples.length, "sample")} (${names}) ${agreeing(items, "is", "are")} not in this sheet. If the rows were taken out:`,
      remove(samples.flatMap(({ sample }) => ["--sample", sample])),
    );
  }
  if (itemIDs.length > 0) {
    lines.push(
      `The workflow and this sheet do not make ${counted(itemIDs.length, "item")} of their samples (${namesText(itemIDs)}). If they are left over:`,
      remove(itemIDs.slice(0, NAMED)),
    );
  }
  if (steps.length > 0) {
    const items = steps.reduce((sum, one) => sum + one.items, 0);
    lines.push(
      `${counted(items, "item")} of ${counted(steps.length, "step")} (${namesText(steps.map(({ step }) => step))}) ${agreeing(items, "is", "are")} not in this workflow. If the steps were renamed or taken out:`,
      remove(steps.flatMap(({ step }) => ["--step", step])),
    );
  }
  return lines;
}

/** What to do about done items that keep old results. */
export function outdatedText(outdated: readonly Outdated[], place: readonly string[] = []): string[] {
  return outdated.flatMap(({ step, items, itemIDs }) => {
    const what = items === 1 ? cell(itemIDs[0]) : `${items} items of step ${cell(step)}`;
    const which = items <= itemIDs.length ? itemIDs : ["--step", step];
    return [
      `${what} ran with the old results of items that start over. To run ${agreeing(items, "it", "them")} again once those are done:`,
      `  ${[...place, ownLine(shellWords(["reset", ...which, "--following"]))].join(" ")}`,
    ];
  });
}

function removedText(items: number): string {
  return `The results of ${counted(items, "item")} were removed (keep: until-followers-done), and items that would start need them`;
}

/** Told while a run begins, whose end says what to do. */
export function willFailText(removed: InputsRemoved): string {
  return `${removedText(removed.items)}: these will fail at once`;
}

/** What to do about items that would start without results that they need. */
export function inputsRemovedText(removed: InputsRemoved | undefined, place: readonly string[] = []): string[] {
  if (!removed) return [];
  const { items, itemIDs } = removed;
  const isAll = itemIDs.length < NAMED;
  const words = ["reset", ...(isAll ? itemIDs : ["--state", "failed"]), "--preceding"];
  return [
    `${removedText(items)}. ${isAll ? "To make them again first:" : "These will fail at once; then, to make the results again:"}`,
    `  ${[...place, ownLine(shellWords(words))].join(" ")}`,
  ];
}

/** Reports odd values in a sheet that are usable. */
export function oddText({ empty, alike }: OddValues): string[] {
  return [
    ...empty.map(
      ({ column, rows, line }) =>
        `${counted(rows, "row")} (${rows === 1 ? "line" : "first on line"} ${line}) ${agreeing(rows, "has", "have")} no value for {${cell(column)}}, which a script uses: it gets an empty text`,
    ),
    ...(alike.length > 0
      ? [
          `different samples, though only upper and lower case differ: ${namesText(alike.map((ids) => ids.join(" and ")))}`,
        ]
      : []),
  ];
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).map((name) => cell(name));
  return names.length > NAMED ? `${shown.join(", ")} …` : shown.join(", ");
}

import type { Because, Explanation, Help } from "../../lib/explain/explanation.ts";
import { ITEM_STATES } from "../../lib/items/states.ts";
import { helpShellLines } from "../flags/fresh-shell.ts";
import type { TargetFlags } from "../flags/target.ts";
import { printable } from "./cell.ts";
import { inColor, statesInColor } from "./color.ts";

/** An explanation for a person: a heading for each item, a sentence for each reason, and below it what to type. */
export function explanationText({ items, step }: Explanation, flags: TargetFlags): string {
  if (!step) {
    const blocks = items.map(({ itemID, taskID, step: its, state, because }) =>
      [
        `${printable(itemID)} (sample ${printable(taskID)}, step ${printable(its)}): ${inColor(state, state)}`,
        ...linesOf(because, flags),
      ].join("\n"),
    );
    return blocks.join("\n\n");
  }
  const states = ITEM_STATES.flatMap((state) => (step.items[state] ? [`${step.items[state]} ${state}`] : []));
  const head = `step ${printable(step.step)}: ${states.length > 0 ? statesInColor(states.join(", ")) : "no items"}`;
  return [head, ...linesOf(step.because, flags)].join("\n");
}

function linesOf(because: readonly Because[], flags: TargetFlags): string[] {
  return because.flatMap(({ text, help }) => [`  ${printable(text)}`, ...helpLines(help, flags)]);
}

/** Each command on its own line, with what it does as a comment, so that the line can be copied. */
function helpLines(help: readonly Help[], flags: TargetFlags): string[] {
  const all = help.flatMap((one) => helpShellLines(one, flags));
  const width = Math.min(60, Math.max(0, ...all.map(({ line }) => line.length)));
  return all.map(({ line, does }) => `    ${does ? `${line.padEnd(width)}  # ${does}` : line}`);
}

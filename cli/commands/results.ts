import { Command } from "commander";
import { UsageError } from "../../lib/errors.ts";
import type { FoundResult, StoredResults } from "../../workflow/results.ts";
import { isUnnamed } from "../../workflow/which.ts";
import { addSelectorFlags, type SelectorFlags, samplesOf, whichOf } from "../flags/selector-flags.ts";
import { addBucketFlag, addTargetFlags, type BucketFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { bytesText } from "../output/bytes-text.ts";
import { cell } from "../output/cell.ts";
import { counted } from "../output/counted.ts";
import { JsonArray } from "../output/json-array.ts";
import { LeftOutNotes } from "../output/left-out.ts";
import { print } from "../output/print.ts";
import { table } from "../output/table.ts";
import { reportUnknownSteps } from "../output/unknown-steps.ts";
import { noSample } from "./explain.ts";

interface ResultsFlags extends TargetFlags, BucketFlags, SelectorFlags {
  get?: string;
  verify?: boolean;
  json?: boolean;
}

/** `anamo results ITEM`: the files that scripts left in `$OUT`; without a selection, how much is stored. */
export function resultsCommand(): Command {
  const command = addSelectorFlags(
    new Command("results")
      .summary("Lists, fetches and checks what scripts left in $OUT.")
      .description(
        "Lists the files that scripts left in $OUT: of the attempts that count. Without a selection: how much is stored, by step.",
      ),
  )
    .option("--get <folder>", "copy the files there, below STEP/SAMPLE/ITEM/, and check them")
    .option("--verify", "read all files, and compare them with their checksums")
    .option("--json", "print one JSON document");
  return addTargetFlags(addBucketFlag(command))
    .addHelpText(
      "after",
      `
Exit code 1 if a named item or step does not exist, or if a file is missing or not as recorded.

Examples:
  anamo results                                # how much is stored, by step
  anamo results align-S1
  anamo results --sample S1 --get results-of-S1
  anamo results --verify                       # all files of all items`,
    )
    .action(async (ids: string[], flags: ResultsFlags) => {
      const which = whichOf(ids, flags);
      const { get, verify, json } = flags;
      // otherwise a variable that is not set would mean this folder
      if (get?.trim() === "") throw new UsageError("results: --get: expected a folder, found an empty name");
      await withTable(flags, async (workflow) => {
        const isOfAll = isUnnamed(which);
        if (isOfAll && get === undefined && !verify) {
          const stored = await workflow.storedResults();
          print(json, stored, () => storedText(stored));
          return;
        }
        const notes = new LeftOutNotes();
        const onLeftOut = notes.add.bind(notes);
        const array = json ? new JsonArray() : undefined;
        let [found, broken, selected] = [0, 0, 0];
        const onItems = (count: number) => {
          selected += count;
        };
        const options = { get, verify, onLeftOut, onItems };
        for await (const one of workflow.results(isOfAll ? { all: true } : which, options)) {
          found++;
          if (one.problems) broken++;
          if (array) await array.push([one]);
          else process.stdout.write(`${found > 1 ? "\n" : ""}${resultText(one, flags)}\n`);
        }
        await array?.end();
        const samples = samplesOf(flags);
        if (selected === 0 && notes.count === 0 && samples) throw noSample(samples.join(", "), workflow.table);
        const isMistyped = await reportUnknownSteps(workflow, flags.step);
        if (!json && found === 0 && notes.count === 0 && !isMistyped) process.stdout.write("no results\n");
        if (broken > 0 || notes.count > 0 || isMistyped) process.exitCode = 1;
      });
    });
}

function storedText({ place, steps }: StoredResults): string {
  if (steps.length === 0) return `nothing is stored in ${place}`;
  const hasKeep = steps.some(({ keep, removed }) => keep || removed);
  const rows = steps.map(({ step, items, files, bytes, keep = "forever", removed = 0 }) => {
    const own = [cell(step), items, files, bytesText(bytes)];
    return hasKeep ? [...own, removed, keep] : own;
  });
  const heads = ["step", "items", "files", "size", ...(hasKeep ? ["items removed", "kept"] : [])];
  const all = steps.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${table(heads, rows)}\n\n${bytesText(all)} in ${place}`;
}

function resultText(found: FoundResult, { get, verify }: ResultsFlags): string {
  const { itemID, taskKey, taskID, step, state, attempt, count, bytes, place, files = [], problems = [] } = found;
  const gone = found.removedAt === undefined ? "" : `; removed at ${found.removedAt}: nothing needed it any more`;
  const earlier = state === "done" ? "" : `; the item is ${state}, this is of an earlier run`;
  const what = `${cell(itemID)}${taskKey === undefined ? "" : ` ${taskKey}`} (sample ${cell(taskID)}, step ${cell(step)})`;
  const checked = problems.length === 0 && (verify || get !== undefined) ? "; all as recorded" : "";
  const list = files.map((file) => [file.sha256.slice(0, 12), bytesText(file.bytes), cell(file.name, LONGEST)]);
  return [
    `${what}: ${counted(count, "file")}, ${bytesText(bytes)}, of attempt ${attempt}${earlier}${gone || checked}`,
    ...(gone ? [] : [`  in ${place}`]),
    `  by ${cell(found.script, LONGEST)}`,
    ...(list.length > 0 ? [table(["sha256", "size", "file"], list).replace(/^/gm, "  ")] : []),
    ...problems.map((problem) => `  ${problem}`),
  ].join("\n");
}

const LONGEST = 200;

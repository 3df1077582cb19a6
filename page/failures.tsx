import { useState } from "preact/hooks";
import { causeText as causeName, isUnstarted } from "../lib/failures/cause-text.ts";
import { COMMANDS, commandLine, type Place } from "../lib/report/commands.ts";
import type { FailureGroup, Report } from "../lib/report/report.ts";
import type { RegionProps } from "./answer.tsx";
import { Action, CommandLine, Name, Region } from "./parts.tsx";
import { count, counted } from "./text.ts";

const SHOWN_GROUPS = 5;

export function causeText({ cause }: Pick<FailureGroup, "cause">): string {
  return causeName(cause);
}

/** What to do before it makes sense to try again. */
export function hintOf({ cause, line = "" }: Pick<FailureGroup, "cause" | "line">): string | undefined {
  if (cause === "oom") return "needs more memory first";
  if (cause === "timeout") return "needs more time first";
  if (/command not found/.test(line)) return "the command is not on PATH";
  if (/No space left on device/.test(line)) return "needs more disk first";
  return undefined;
}

export function Failures({ report, onView }: RegionProps) {
  const [isAll, setAll] = useState(false);
  const { groups, others } = report.failures;
  if (report.items.failed === 0) return report.state === "done" ? <NextSteps report={report} /> : <NoFailures />;
  const shownGroups = isAll ? groups : groups.slice(0, SHOWN_GROUPS);
  const hidden = groups.length - shownGroups.length;
  return (
    <Region
      id="failures"
      title="Failures"
      note={`${counted(report.items.failed, "item")} in ${counted(groups.length, "group")}${others > 0 ? `, and ${count(others)} in none` : ""}`}
    >
      <ol class="groups">
        {shownGroups.map((group) => (
          <Group key={group.id} group={group} report={report} onView={onView} />
        ))}
      </ol>
      {hidden > 0 && <Action onClick={() => setAll(true)}>and {counted(hidden, "more group")}</Action>}
      {report.place.run && <RetryAll place={report.place} run={report.place.run} />}
    </Region>
  );
}

function Group({ group, report: { place }, onView }: { group: FailureGroup } & Pick<RegionProps, "report" | "onView">) {
  const { id, step, exitCode, items, examples } = group;
  const [first] = examples;
  // for a group of one, the line as it was printed, because there is nothing to compare it with
  const line = (items === 1 && first && lastLine(first.logTail)) || group.line;
  const more = items - examples.length;
  const hint = hintOf(group);
  return (
    <li>
      <span class="n">{count(items)}</span>
      <div>
        <p>
          <b>
            <Name text={step} />
          </b>{" "}
          {causeText(group)} {exitCode !== undefined && <span class="note">exit {exitCode}</span>}
        </p>
        {line && (
          <p class="log-line" title={line}>
            <Name text={line} />
          </p>
        )}
        <p>
          {examples.map(({ itemID, taskID }, at) => (
            <span key={itemID}>
              {at > 0 && ", "}
              <Action onClick={() => onView({ sample: taskID })}>
                <Name text={taskID} />
              </Action>
            </span>
          ))}
          {more > 0 && (
            <>
              {" "}
              <Action onClick={() => onView({ group: id, classes: [], step: undefined })}>
                and {count(more)} more
              </Action>
            </>
          )}
          {hint && <span class="note"> · {hint}</span>}
        </p>
        {first && (
          <CommandLine label="look" line={COMMANDS[isUnstarted(group) ? "show" : "look"](place, first.itemID)} />
        )}
        <CommandLine
          label="try again"
          line={items === 1 && first ? COMMANDS.reset(place, first.itemID) : COMMANDS.resetGroup(place, id)}
        />
      </div>
    </li>
  );
}

function lastLine(log: string): string | undefined {
  return log
    .split("\n")
    .findLast((line) => line.trim() !== "")
    ?.trim();
}

/** After a reset the items wait for workers; this also runs them. */
function RetryAll({ place, run }: { place: Place; run: readonly string[] }) {
  const words = run.includes("--retry-failed") ? run : [...run, "--retry-failed"];
  return (
    <p class="retry-all">
      <CommandLine label="Fixed? Try all of them again:" line={COMMANDS.again(place, words)} />
    </p>
  );
}

function NoFailures() {
  return (
    <Region id="failures" title="Failures" note="none so far">
      {null}
    </Region>
  );
}

function NextSteps({ report: { place } }: { report: Report }) {
  return (
    <Region id="failures" title="What you can do now">
      <p>Keep the record: states, times, memory and exit codes of every item</p>
      <CommandLine
        line={commandLine(place, ["items"], {
          options: ["--csv", "--raw", "--fields", "itemID,taskID,step,state,exitCode,wallSeconds,peakMemoryBytes"],
        })}
      />
      {place.run && (
        <>
          <p>Add samples later: the same command runs only what is new</p>
          <CommandLine line={COMMANDS.again(place, place.run)} />
        </>
      )}
    </Region>
  );
}

import { agreeing, counted } from "../counted.ts";
import { printable } from "../printable.ts";
import { COMMANDS, commandLine, type Place } from "../report/commands.ts";
import type { Look } from "./look.ts";
import type { EventName, News } from "./news.ts";

/** What is sent: one message with everything that a look has found. Plain data, stored as JSON until it is sent. */
export interface Message {
  /** one line of ASCII, at most 99 characters: SNS accepts no other subjects */
  subject: string;
  text: string;
  /** what the text says, for programs */
  data: MessageData;
}

export interface MessageData {
  /** the most important event */
  event: EventName;
  /** all events, each once */
  events: EventName[];
  table: string;
  /** when the table was read, ISO 8601 UTC */
  at: string;
  news: News[];
  items: Look["summary"]["items"];
  blocked: number;
  endsBetween?: Look["summary"]["endsBetween"];
}

/** How a message names things. */
export interface MessageOptions {
  place: Place;
  /** whether items and samples are named: their ids may reveal more than an e-mail should */
  naming: "items" | "steps";
}

const LONGEST_SUBJECT = 99;
/** For a table with very many steps. */
const MOST_NEWS = 30;

const CAUSES: Readonly<Record<string, string>> = {
  exit: "script failed",
  signal: "killed by a signal",
  oom: "ran out of memory",
  timeout: "ran out of time",
  "no-start": "could not start",
  interrupted: "interrupted too often",
  lost: "its worker was lost too often",
};

/** Puts news, at least one piece, into words: what happened, in numbers, and what to type next. */
export function messageOf(all: readonly News[], { summary }: Pick<Look, "summary">, options: MessageOptions): Message {
  const shown = all.slice(0, MOST_NEWS).map((one) => (options.naming === "steps" ? withoutNames(one) : one));
  const lines = shown.flatMap((one) => [sentence(one), ...commandsFor(one, options).map((line) => `  ${line}`)]);
  if (all.length > shown.length) lines.push(`… and ${all.length - shown.length} more.`);
  const { table, at, items, blocked, endsBetween } = summary;
  const end = endsBetween ? [endSentence(endsBetween)] : [];
  const text = [...lines, "", soFar(summary), ...end, `The page: ${COMMANDS.report(options.place)}`, ""].join("\n");
  const data = { table, at, news: shown, items, blocked, ...(endsBetween && { endsBetween }) };
  const events = [...new Set(all.map(({ event }) => event))];
  return { subject: subjectOf(table, all), text, data: { event: (all[0] as News).event, events, ...data } };
}

function withoutNames(news: News): News {
  if (news.event !== "step-failing") return news;
  const { itemID: _, taskID: __, ...example } = news.example;
  return { ...news, example };
}

function sentence(news: News): string {
  switch (news.event) {
    case "all-done": {
      const { done, failed, blocked, held, total, at } = news;
      if (done === total && total === 1) return `The one item is done, at ${time(at)}.`;
      if (done === total) return `All ${counted(total, "item")} are done, the last at ${time(at)}.`;
      const others = [
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(blocked > 0 ? [`${blocked} blocked by them`] : []),
        ...(held > 0 ? [`${held} held`] : []),
      ];
      return `Nothing is left to run: ${done} of ${counted(total, "item")} ${agreeing(done, "is", "are")} done, ${others.join(", ")}.`;
    }
    case "step-finished": {
      const { step, done, failed, held } = news;
      const total = done + failed + held;
      if (done === total) {
        const all = total === 1 ? "its one item is" : `all ${counted(total, "item")} are`;
        return `Step ${name(step)} is finished: ${all} done.`;
      }
      const others = [...(failed > 0 ? [`${failed} failed`] : []), ...(held > 0 ? [`${held} held`] : [])];
      return `Step ${name(step)} is finished: ${done} of ${counted(total, "item")} ${agreeing(done, "is", "are")} done, ${others.join(", ")}.`;
    }
    case "step-failing":
      return `Step ${name(news.step)} has ${news.failed === 1 ? "a failed item" : `${news.failed} failed items`}: ${whyFailed(news)}.`;
    case "step-paused": {
      const { step, at, by, why, left } = news;
      const because = why === "" ? "" : `: ${printable(why)}`;
      return `Step ${name(step)} is paused since ${time(at)}, by ${printable(by)}${because}. ${counted(left, "item")} of it ${agreeing(left, "is", "are")} left.`;
    }
    case "items-blocked": {
      const { step, items } = news;
      return `${counted(items, "item")} of step ${name(step)} ${agreeing(items, "is", "are")} blocked: something that they wait for has failed.`;
    }
    case "items-stuck":
      return stuckSentence(news);
  }
}

function stuckSentence({ why, at, items }: News & { event: "items-stuck" }): string {
  const [some, are] = [counted(items, "item"), agreeing(items, "is", "are")];
  if (why === "idle") return `${some} ${are} ready, and nobody works: since ${time(at)} no worker has had an item.`;
  if (why === "waiting") return `${some} ${are} waiting for others, and since ${time(at)} nothing has run.`;
  return `${some} ${are} stuck: workers have been silent for longer than their leases, and the sweep has not freed everything since ${time(at)}.`;
}

function whyFailed({ example, failed }: News & { event: "step-failing" }): string {
  const { itemID, taskID, cause, exitCode } = example;
  const why = [CAUSES[cause] ?? "unknown cause", ...(exitCode === undefined ? [] : [`exit code ${exitCode}`])];
  if (itemID === undefined) return `${failed > 1 ? "the first, " : ""}${why.join(", ")}`;
  return `${failed > 1 ? "the first is " : ""}${printable(itemID)} (sample ${printable(taskID ?? "")}), ${why.join(", ")}`;
}

/** What to type. */
function commandsFor(news: News, { place, naming }: MessageOptions): string[] {
  switch (news.event) {
    case "all-done":
      return news.failed > 0 ? [COMMANDS.inState(place, ["failed"]), retryLine(place)] : [];
    case "step-finished":
      return [];
    case "step-failing": {
      const { itemID } = news.example;
      if (naming === "items" && itemID !== undefined) return [COMMANDS.look(place, itemID)];
      return [COMMANDS.inState(place, ["failed"], news.step)];
    }
    case "step-paused":
      return [COMMANDS.resume(place, news.step)];
    case "items-blocked":
      return [commandLine(place, ["explain"], { options: [`--step=${news.step}`] })];
    case "items-stuck":
      if (news.why === "silent") return [commandLine(place, ["jobs"])];
      if (news.why === "waiting") return [COMMANDS.inState(place, ["waiting"])];
      if (!place.isLocal) return [COMMANDS.launch(place)];
      return [place.run ? COMMANDS.again(place, place.run) : commandLine(place, ["work"])];
  }
}

function retryLine(place: Place): string {
  if (place.run) return COMMANDS.again(place, [...place.run, "--retry-failed"]);
  return commandLine(place, ["reset"], { options: ["--state", "failed"] });
}

function soFar({ table, items, blocked }: Look["summary"]): string {
  const total = Object.values(items).reduce((sum, count) => sum + count, 0);
  const waiting = items.waiting - blocked;
  const others: [number, string][] = [
    [items.locked, "running"],
    [items.todo, "to do"],
    [waiting, "waiting"],
    [blocked, "blocked"],
    [items.failed, "failed"],
    [items.held, "held"],
  ];
  const shown = others.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : []));
  return `Table ${table}: ${[`${items.done} of ${counted(total, "item")} done`, ...shown].join(", ")}.`;
}

function endSentence({ likely, from, to }: NonNullable<Look["summary"]["endsBetween"]>): string {
  return `Expected end: ${time(likely)}, between ${time(from)} and ${time(to)}.`;
}

function subjectOf(table: string, news: readonly News[]): string {
  const parts = news.map(inShort);
  const line = `anamo ${table}: ${parts.join(", ")}`.replaceAll(/[^ -~]/g, "?");
  return line.length > LONGEST_SUBJECT ? `${line.slice(0, LONGEST_SUBJECT - 3)}...` : line;
}

function inShort(news: News): string {
  switch (news.event) {
    case "all-done":
      if (news.done === news.total) return "all done";
      return news.failed > 0 ? `finished, ${news.failed} failed` : "finished";
    case "step-finished":
      return `${news.step} finished`;
    case "step-failing":
      return `${news.step} has failures`;
    case "step-paused":
      return `${news.step} paused`;
    case "items-blocked":
      return `${news.step} blocked`;
    case "items-stuck":
      return news.why === "idle" ? "nobody works" : "items stuck";
  }
}

function name(step: string): string {
  return printable(step);
}

/** `2030-01-31 14:05 UTC`: readers may be anywhere. */
function time(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

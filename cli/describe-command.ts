import type { EventEmitter } from "node:events";
import type { Argument, Command, Option } from "commander";
import { CAUSES, ITEM_STATES } from "../lib/items/states.ts";
import { ITEM_FIELDS } from "../lib/select/item-fields.ts";

/** A command, described for documentation and completion. */
export interface CommandNode {
  /** `["table", "create"]`; empty for `anamo` itself */
  path: readonly string[];
  /** its other names, in place of the last word of its path */
  aliases: readonly string[];
  usage: string;
  description: string;
  args: ArgumentNode[];
  options: OptionNode[];
  /** the part of its help text below the options */
  after: string;
  commands: CommandNode[];
}

export interface ArgumentNode {
  name: string;
  description: string;
  takes: Taken;
}

export interface OptionNode {
  /** `["-s", "--step"]` */
  names: string[];
  /** `-s, --step <step>` */
  term: string;
  description: string;
  /** absent if it takes no value */
  takes?: Taken;
}

/** What a place takes: one of these words, a file name, or any text. */
export type Taken = readonly string[] | "file" | "text";

/** Known values of options that take several values, or a list. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  state: [...ITEM_STATES, "blocked"],
  cause: CAUSES,
  fields: ITEM_FIELDS,
};

/** Describes a command and all its subcommands. */
export function describeCommand(command: Command, path: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  return {
    path,
    aliases: command.aliases(),
    usage: help.commandUsage(command),
    description: help.commandDescription(command),
    args: help.visibleArguments(command).map((argument) => ({
      name: help.argumentTerm(argument),
      description: help.argumentDescription(argument),
      takes: takenBy(argument),
    })),
    options: help.visibleOptions(command).map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      term: help.optionTerm(option),
      description: help.optionDescription(option),
      ...((option.required || option.optional) && { takes: takenBy(option) }),
    })),
    after: helpBelow(command),
    commands: command.commands.map((child) => describeCommand(child, [...path, child.name()])),
  };
}

/** The command, then all its subcommands, in the order of the help. */
export function allCommands(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(allCommands)];
}

function takenBy(place: Argument | Option): Taken {
  if (place.argChoices) return place.argChoices;
  const name = "flags" in place ? (/[<[]([\w-]+)/.exec(place.flags)?.[1] ?? "") : place.name();
  return KNOWN[name] ?? (["file", "folder", "sheet"].includes(name) ? "file" : "text");
}

/**
 * The text of `addHelpText`: commander stores it as listeners, and is an event emitter although its types do not say
 * so.
 */
function helpBelow(command: Command): string {
  let text = "";
  (command as Command & Pick<EventEmitter, "emit">).emit("afterHelp", {
    error: false,
    command,
    write: (piece: string) => (text += piece),
  });
  return text.trim();
}

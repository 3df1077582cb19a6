import { SETTING_SPECS } from "../../lib/items/item-settings.ts";
import type { Wording } from "../../workflow/wording.ts";
import { noStack } from "../no-stack.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownLine } from "../own-command.ts";
import { dirWords } from "../stack-folder.ts";

/** Flags whose name differs from the option of the method. */
const FLAGS: Readonly<Record<string, string>> = {
  itemID: "ITEM",
  taskID: "--task",
  ...Object.fromEntries(SETTING_SPECS.map(({ name, flag }) => [name, `--${flag}`])),
};

const fromStack = () => `or take both from your stack: eval "$(${ownLine("env --stage dev")})"`;

/** What to type if a table or bucket is missing, depending on why the command has no stack. */
function missingText(option: string, variable: string): string {
  const none = noStack();
  switch (none.why) {
    case "on AWS":
      return `give ${option} or set ${variable}`;
    case "wrong folder":
      return `${wrongFolderText(none.folder)}, or give ${option}`;
    case "down": {
      const up = ownLine(shellWords(["local", "up", ...dirWords(none.folder)]));
      return `the stack in ${none.folder} is not up. Start it in another terminal with "${up}"; for AWS, give ${option} or set ${variable}`;
    }
    case "no folder":
      return `nothing has run in this folder. Start with "${ownLine("run FILE")}", or "${ownLine("local up")}" in another terminal; for AWS, give ${option} or set ${variable}`;
    default:
      return none satisfies never;
  }
}

/** What to type if `ANAMO_LOCAL` names a folder without a stack. */
export function wrongFolderText(folder: string): string {
  return `ANAMO_LOCAL is ${folder}, where there is no stack. Type eval "$(${ownLine("local env --unset")})"`;
}

/** How messages name options on the command line. */
export const FLAG_WORDING: Wording = {
  option: (name) => FLAGS[name] ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  missing: {
    get table() {
      return missingText("--table", "ANAMO_TABLE");
    },
    get bucket() {
      return missingText("--bucket", "ANAMO_BUCKET");
    },
    get jobQueue() {
      return `give --queue, set ANAMO_JOB_QUEUE, ${fromStack()}`;
    },
    get jobDefinition() {
      return `give --definition, set ANAMO_JOB_DEFINITION, ${fromStack()}`;
    },
    items: "Name them or select them (see --help); --all means every item",
  },
};

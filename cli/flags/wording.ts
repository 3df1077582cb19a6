import { SETTING_SPECS } from "../../lib/items/item-settings.ts";
import type { Wording } from "../../workflow/wording.ts";
import { ownLine } from "../own-command.ts";

/** Flags whose name differs from the option of the method. */
const FLAGS: Readonly<Record<string, string>> = {
  itemID: "ITEM",
  taskID: "--task",
  ...Object.fromEntries(SETTING_SPECS.map(({ name, flag }) => [name, `--${flag}`])),
};

const FROM_STACK = `or take both from your stack: eval "$(${ownLine("env --stage dev")})"`;

/** How messages name options on the command line. */
export const FLAG_WORDING: Wording = {
  option: (name) => FLAGS[name] ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  missing: {
    table: `give --table, set ANAMO_TABLE, or start the stack of this folder with "${ownLine("local up")}"`,
    bucket: "give --bucket or set ANAMO_BUCKET",
    jobQueue: `give --queue, set ANAMO_JOB_QUEUE, ${FROM_STACK}`,
    jobDefinition: `give --definition, set ANAMO_JOB_DEFINITION, ${FROM_STACK}`,
    items: "Name them or select them (see --help); --all means every item",
  },
};

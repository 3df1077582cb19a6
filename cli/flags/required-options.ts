import type { Command } from "commander";

/**
 * Makes a command check its required options last, and list them in its usage. commander checks them first, and would
 * answer a mistyped one with "--task is missing" instead of "did you mean --task?".
 */
export function checkRequiredLast(command: Command): void {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.makeOptionMandatory(false);
  if (required.length === 0) return;
  command.usage([...required.map(({ flags }) => flags.replace(/^-\w, /, "")), command.usage()].join(" "));
  command.hook("preAction", () => {
    const missing = required.find((option) => command.getOptionValue(option.attributeName()) === undefined);
    if (missing) command.error(`error: required option '${missing.flags}' not specified`);
  });
}

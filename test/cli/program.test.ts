import { expect, test } from "vitest";
import { COMMANDS } from "../../cli/command-list.ts";
import { makeProgram } from "../../cli/program.ts";

const [whole, named] = [await makeProgram(), await makeProgram(["--region", "x", "ls"])];

test.for(COMMANDS.map((entry) => [entry.name, entry] as const))(
  "the list of commands says of %s what the command itself says",
  ([name, { aliases = [], summary }]) => {
    const command = whole.commands.find((one) => one.name() === name);
    expect(command?.aliases()).toEqual(aliases);
    expect(command?.summary() || command?.description()).toBe(summary);
  },
);

test("only commands that the arguments name are loaded, by any of their names", () => {
  const loaded = named.commands.filter(({ options }) => options.length > 0).map((command) => command.name());
  expect(loaded).toEqual(["items"]);
  expect(named.helpInformation()).toBe(whole.helpInformation());
});

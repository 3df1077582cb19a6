import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { allCommands, describeCommand } from "../../cli/describe-command.ts";
import { makeProgram } from "../../cli/program.ts";
import { cliDocs } from "../../scripts/cli-docs.ts";

test("docs/cli.md says what --help says; if this fails: npm run docs", async () => {
  const written = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
  expect(written).toBe(cliDocs(describeCommand(makeProgram())));
});

test.for(leaves())("anamo %s has a description, and examples of itself", ([name, node]) => {
  expect(node.description).toMatch(/^[A-Z].*\.$/);
  expect(node.after).toMatch(/^Examples?:$/m);
  expect(node.after).toContain(`anamo ${name}`);
});

function leaves() {
  return allCommands(describeCommand(makeProgram()))
    .filter(({ path, commands }) => path.length > 0 && commands.length === 0)
    .map((node) => [node.path.join(" "), node] as const);
}

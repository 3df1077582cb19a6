import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { bashCompletion } from "../../cli/completion/bash.ts";
import { placesOf } from "../../cli/completion/places.ts";
import { zshCompletion } from "../../cli/completion/zsh.ts";
import { describeCommand } from "../../cli/describe-command.ts";
import { makeProgram } from "../../cli/program.ts";
import { CAUSES, ITEM_STATES } from "../../lib/states.ts";
import { anamo } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

const run = promisify(execFile);
const places = placesOf(describeCommand(makeProgram()));

describe("bash", () => {
  const script = bashCompletion(places);

  /** What bash would offer behind these words, the last of which is being typed. */
  async function offered(...words: string[]): Promise<string[]> {
    const folder = await testFolder();
    await writeFile(join(folder, "tasks.txt"), "");
    const ask = `${script}
COMP_WORDS=(anamo "$@"); COMP_CWORD=$#
_anamo
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await run("bash", ["--norc", "-uc", ask, "bash", ...words], { cwd: folder });
    expect(stderr).toBe("");
    return stdout.split("\n").filter(Boolean);
  }

  test.for([
    [["su"], ["summary"]],
    [
      ["table", "c"],
      ["create", "check", "capacity"],
    ],
    [
      ["reset", "--st"],
      ["--state", "--step"],
    ],
    [
      ["table", "capacity", "--"],
      ["--table", "--region", "--json", "--read", "--write", "--on-demand", "--help"],
    ],
    [["items", "--state", ""], ITEM_STATES],
    [["items", "--state", "=", "f"], ["failed"]],
    [["items", "--state", "="], ITEM_STATES],
    [["delete", "--cause", ""], CAUSES],
    [
      ["reset", "A", "--to", ""],
      ["todo", "held"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh"],
    ],
    [["import", "ta"], ["tasks.txt"]],
    [["reset", "--from", "ta"], ["tasks.txt"]],
    [["reset", "--match", ""], []],
    [["reset", "table", "c"], []],
  ] as const)("behind %j it offers %j", async ([words, expected]) => {
    expect(await offered(...words)).toEqual(expected);
  });

  test("every command is offered", async () => {
    expect(await offered("")).toEqual(makeProgram().commands.map((command) => command.name()));
  });
});

describe("zsh", () => {
  let hasZsh = false;
  beforeAll(async () => {
    hasZsh = await run("zsh", ["--version"]).then(
      () => true,
      () => false,
    );
  });

  test("the script names every option of every command", () => {
    const script = zshCompletion(places);
    expect(script).toContain("'--older-than:done, failed, held or locked for longer: 90s, 15m, 2h, 7d'");
    for (const { options } of places.commands) for (const { word } of options) expect(script).toContain(`'${word}:`);
  });

  test("zsh takes the script", async ({ skip }) => {
    skip(!hasZsh, "there is no zsh here");
    const file = join(await testFolder(), "_anamo");
    await writeFile(file, zshCompletion(places));
    expect(await run("zsh", ["-n", file])).toEqual({ stdout: "", stderr: "" });
  });
});

test("anamo completion prints the script for the shell that is named, and knows no other", async () => {
  expect(await anamo(["completion", "bash"])).toEqual({ exitCode: 0, stdout: bashCompletion(places), stderr: "" });
  const zsh = await anamo(["completion", "zsh"]);
  expect(zsh.stdout).toMatch(/^#compdef anamo\n/);
  expect(await anamo(["completion", "fish"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("bash, zsh"),
  });
});

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bashCompletion } from "../../cli/completion/bash.ts";
import { fishCompletion } from "../../cli/completion/fish.ts";
import { type Places, placesOf } from "../../cli/completion/places.ts";
import { zshCompletion } from "../../cli/completion/zsh.ts";
import { describeCommand } from "../../cli/describe-command.ts";
import { makeProgram } from "../../cli/program.ts";
import { testFolder } from "./worker.ts";

const run = promisify(execFile);

/** The words after `anamo`, the last of which is being typed. */
export type Question = readonly string[];

/** The only relevant file in the folder where completion runs. */
export const SOME_FILE = "tasks.txt";

/** Separators between words, and between answers. */
const [WORD_END, ANSWER_END] = ["\x1f", "\x1e"];

/** What the program offers for completion. */
export async function placesNow(): Promise<Places> {
  return placesOf(describeCommand(await makeProgram()));
}

/** What bash offers for each question. */
export async function askBash(questions: readonly Question[]): Promise<string[][]> {
  const folder = await folderWith(bashCompletion(await placesNow()));
  const script = `source ./script
complete -p anamo >/dev/null || exit
ask() {
  COMP_WORDS=(anamo "$@") COMP_CWORD=$# COMPREPLY=()
  _anamo
  local IFS=$'${WORD_END}'
  printf '%s${ANSWER_END}' "\${COMPREPLY[*]}"
}
set -u
${questions.map((words) => `ask ${words.flatMap(asBashParts).map(quoted).join(" ")}`).join("\n")}`;
  const { stdout, stderr } = await run("bash", ["--norc", "-c", script], { cwd: folder });
  if (stderr !== "") throw new Error(`bash: ${stderr}`);
  return answersIn(stdout);
}

/** Whether zsh is installed. */
export async function hasZsh(): Promise<boolean> {
  return run("zsh", ["--version"]).then(
    () => true,
    () => false,
  );
}

/**
 * What zsh offers for each question, in its own terminal, by typing the line and pressing Tab. All offers go through
 * compadd, so they are recorded there.
 */
export async function askZsh(questions: readonly Question[]): Promise<string[][]> {
  const folder = await folderWith(zshCompletion(await placesNow()));
  await writeFile(join(folder, ".zshrc"), ZSHRC);
  const lines = questions.map((words) => `ask ${quoted(["anamo", ...words].join(" "))}`);
  await writeFile(join(folder, "ask"), `${ZSH_DRIVER}\n${lines.join("\n")}\nprint -rn -- "$(<answers)"\n`);
  const env = { PATH: process.env.PATH, HOME: folder, ZDOTDIR: folder, TERM: "dumb", LANG: "C.UTF-8" };
  const { stdout, stderr } = await run("zsh", ["-f", "./ask"], { cwd: folder, env, timeout: 110_000 });
  if (stderr !== "") throw new Error(`zsh: ${stderr}`);
  return answersIn(stdout);
}

/** Makes an interactive zsh record what it offers, without showing it. */
const ZSHRC = `
PS1= PS2= LISTMAX=10000
unsetopt auto_list auto_menu list_beep beep zle_bracketed_paste 2>/dev/null
autoload -Uz compinit && compinit -u -D
source ./script
compadd() {
  builtin compadd "$@"
  # calls with -O, -A or -D only filter what another call offers
  [[ -n \${(M)\${@[1,(i)(-|--)]}:#-[a-zA-Z]#[OAD]} ]] && return
  local -a found
  builtin compadd -A found "$@"
  offered+=($found)
}
begin() { typeset -ga offered=(); compprefuncs=(begin) }
finish() { print -rn -- "\${(pj:\\x1f:)\${(@u)offered}}"$'${ANSWER_END}' >>answers; comppostfuncs=(finish) }
compprefuncs=(begin) comppostfuncs=(finish)
print -n >answers
`;

const ZSH_DRIVER = `
zmodload zsh/zpty zsh/zselect
asked=0
zpty -b shell zsh -i
drain() { local text; while zpty -rt shell text; do :; done; }
# waits for an answer, at most 60 seconds
answered() {
  local tries text
  for ((tries = 0; tries < 6000; tries++)); do
    drain
    [[ -e answers ]] && text=$(<answers) && ((\${#text//[^${ANSWER_END}]/} == asked)) && return
    zselect -t 1
  done
  print -u2 "no answer: $1"
  exit 1
}
ask() {
  ((asked++))
  zpty -wn shell $'\\x15'"$1"$'\\t'
  answered "$1"
}
answered "the start"`;

/** Whether fish is installed. */
export async function hasFish(): Promise<boolean> {
  return run("fish", ["--version"]).then(
    () => true,
    () => false,
  );
}

/** What fish offers for each question, without the descriptions. */
export async function askFish(questions: readonly Question[]): Promise<string[][]> {
  const folder = await folderWith(fishCompletion(await placesNow()));
  const lines = questions.map((words) => {
    const line = ["anamo", ...words].join(" ");
    return `complete -C ${quoted(line)} | string replace -r '\\t.*' '' | string join -- \\x1f; printf '${ANSWER_END}'`;
  });
  await writeFile(join(folder, "ask"), `source ./script\n${lines.join("\n")}\n`);
  const env = { PATH: process.env.PATH, HOME: folder, LANG: "C.UTF-8" };
  const { stdout, stderr } = await run("fish", ["--no-config", "./ask"], { cwd: folder, env });
  if (stderr !== "") throw new Error(`fish: ${stderr}`);
  return stdout
    .split(ANSWER_END)
    .slice(0, -1)
    .map((answer) =>
      answer
        .trimEnd()
        .split(WORD_END)
        .filter(Boolean)
        .map((word) => word.replace(/^--[\w-]+=/, "")),
    );
}

async function folderWith(script: string): Promise<string> {
  const folder = await testFolder();
  await writeFile(join(folder, "script"), script);
  await writeFile(join(folder, SOME_FILE), "");
  return folder;
}

function answersIn(text: string): string[][] {
  return text
    .split(ANSWER_END)
    .slice(0, -1)
    .map((answer) => answer.split(WORD_END).filter(Boolean));
}

/** bash splits --option=value into three words. */
function asBashParts(word: string): string[] {
  return word.startsWith("--") ? word.split(/(=)/).filter(Boolean) : [word];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

import type { BashScan } from "./bash-scan.ts";

/** Commands that only change the shell they run in. */
const CHANGES_SHELL = new Set(
  "cd pushd popd export declare typeset readonly set shopt alias unalias unset umask ulimit module ml wait".split(" "),
);
const ACTIVATES = /^(?:conda|mamba|micromamba)$/;
/** Names of files that set up a shell; sourcing other files may do the work. */
const SETS_UP = /(?:^|[/._-])(?:activate|env|environment|profile|bashrc|bash_profile|conf|config|setup)(?:\.\w+)?$/i;

/**
 * Whether a line of a list of commands does nothing but prepare a shell, which ends with it: `cd DIR`, `module load
 * bwa`, `x=1`. Lines like the start of a script are often intended as one.
 */
export function hasNoEffect(command: string, { split, badEnd, lastWords }: BashScan): boolean {
  // several commands, or a command inside
  if (split !== undefined || /\$\(|`|[<>]\(/.test(command)) return false;
  const [name, next = ""] = lastWords;
  if (name === undefined) return badEnd === "an assignment without a command" && !/[<>]/.test(command);
  if (badEnd !== undefined) return false;
  if (name === "source" || name === ".") return SETS_UP.test(next);
  return CHANGES_SHELL.has(name) || (ACTIVATES.test(name) && /^(?:de)?activate$/.test(next));
}

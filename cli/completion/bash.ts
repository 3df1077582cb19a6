import type { Places } from "./places.ts";

/** A script for bash that completes `anamo`. */
export function bashCompletion({ paths, aliases, commands, values }: Places): string {
  const values_ = values.map(({ places, takes }) => {
    const pattern = places.map((place) => `"${place}"`).join(" | ");
    const answer = takes === "file" ? "_anamo_files" : takes === "text" ? ":" : `_anamo_values "${takes.join(" ")}"`;
    return `    ${pattern})\n      ${answer}\n      return\n      ;;`;
  });
  const commands_ = commands.map(({ path, words, options, takesFiles }) =>
    [
      `    "${path}")`,
      `      words="${wordsOf(words)}"`,
      `      options="${wordsOf(options)}"`,
      ...(takesFiles ? ["      files=1"] : []),
      "      ;;",
    ].join("\n"),
  );
  return `# bash completion of anamo. Made by: anamo completion bash
_anamo_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_anamo_values() {
  # of a list, a,b,c, the last
  local before=""
  if [[ $cur == *,* ]]; then before=\${cur%,*},; fi
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "\${cur##*,}"))
}
_anamo_files() {
  # readline knows best how to quote names; before bash 4 it cannot be asked
  compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$cur"))
}
_anamo() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local at="" words="" options="" files="" i
  COMPREPLY=()
  # bash takes --option=value for three words
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
    ${paths.map((path) => `"${path}"`).join(" | ")})
      at=$at/\${COMP_WORDS[i]}
      ;;
${aliases.map(({ alias, path }) => `    "${alias}")\n      at=${path}\n      ;;`).join("\n")}
    esac
  done
  case "$at $prev" in
${values_.join("\n")}
  esac
  case "$at" in
${commands_.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    _anamo_words "$options"
  elif [[ -n $files ]]; then
    _anamo_files
  else
    _anamo_words "$words"
  fi
}
complete -F _anamo anamo
`;
}

function wordsOf(words: readonly { word: string }[]): string {
  return words.map(({ word }) => word).join(" ");
}

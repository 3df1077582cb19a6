import type { Places } from "./places.ts";

/** A script for zsh that completes `anamo`: source it, or save it as `_anamo` in a folder of `fpath`. */
export function zshCompletion({ paths, aliases, commands, values }: Places): string {
  const values_ = values.map(({ places, takes }) => {
    const pattern = places.map((place) => `"${place}"`).join(" | ");
    const answer =
      takes === "file" ? "_files" : takes === "text" ? "_message value" : `_anamo_values ${takes.join(" ")}`;
    return `    (${pattern}) ${answer}; return ;;`;
  });
  const commands_ = commands.map(({ path, words, options, takesFiles }) =>
    [
      `    ("${path}")`,
      `      words_=(${described(words)})`,
      `      options_=(${described(options)})`,
      ...(takesFiles ? ["      files_=1"] : []),
      "      ;;",
    ].join("\n"),
  );
  return `#compdef anamo
# zsh completion of anamo. Made by: anamo completion zsh
_anamo_values() {
  # of a list, a,b,c, the last
  compset -P '*,'
  compadd -- "$@"
}
_anamo() {
  local at="" files_="" before=\${words[CURRENT-1]} i
  local -a words_ options_
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
    (${paths.map((path) => `"${path}"`).join(" | ")}) at="$at/\${words[i]}" ;;
${aliases.map(({ alias, path }) => `    ("${alias}") at="${path}" ;;`).join("\n")}
    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    before=\${PREFIX%%=*}
    compset -P 1 '*='
  fi
  case "$at $before" in
${values_.join("\n")}
  esac
  case "$at" in
${commands_.join("\n")}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe option options_
  elif [[ -n $files_ ]]; then
    _files
  else
    _describe command words_
  fi
}
if [[ "\${funcstack[1]}" == _anamo ]]; then
  _anamo "$@"
else
  compdef _anamo anamo
fi
`;
}

/** In the format of `_describe`, where a colon separates the word from its description. */
function described(words: readonly { word: string; description: string }[]): string {
  return words.map(({ word, description }) => quoted(`${word.replaceAll(":", "\\:")}:${description}`)).join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

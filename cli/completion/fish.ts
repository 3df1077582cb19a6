import type { Places } from "./places.ts";

/** A script for fish that completes `anamo`: source it, or save it as `anamo.fish` in `~/.config/fish/completions`. */
export function fishCompletion({ paths, aliases, commands, values }: Places): string {
  const takenBy = new Map(values.flatMap(({ places, takes }) => places.map((place) => [place, takes] as const)));
  const lines = commands.flatMap(({ path, words, options, takesFiles }) => {
    const here = `complete -c anamo -n ${quoted(`__anamo_at ${path === "" ? "/" : path}`)}`;
    return [
      ...words.map(({ word, description }) => `${here} -a ${quoted(word)} -d ${quoted(description)}`),
      ...(takesFiles ? [`${here} -F`] : []),
      ...options.map(({ word, description }) => {
        const takes = valuesOf(takenBy.get(`${path} ${word}`));
        return `${here} -l ${word.replace(/^--/, "")}${takes} -d ${quoted(description)}`;
      }),
    ];
  });
  const short = values.flatMap(({ places, takes }) =>
    places.flatMap((place) => {
      const [, path = "", letter] = /^(\S*) -(\w)$/.exec(place) ?? [];
      if (letter === undefined) return [];
      return [`complete -c anamo -n ${quoted(`__anamo_at ${path || "/"}`)} -s ${letter}${valuesOf(takes)}`];
    }),
  );
  return `# fish completion of anamo. Made by: anamo completion fish
function __anamo_at
  # whether the commands typed so far are these
  set -l at ""
  for word in (commandline -opc)[2..-1]
    switch "$at/$word"
      case ${paths.map(quoted).join(" ")}
        set at "$at/$word"
${aliases.map(({ alias, path }) => `      case ${quoted(alias)}\n        set at ${quoted(path)}`).join("\n")}
    end
  end
  test -n "$at"; or set at /
  test "$at" = "$argv[1]"
end
function __anamo_values
  # of a list, a,b,c, the last
  set -l before (string match -r '^.*,' -- (commandline -ct | string replace -r '^--[^=]*=' ''))
  for value in $argv
    echo "$before$value"
  end
end
complete -c anamo -f
${[...lines, ...short].join("\n")}
`;
}

function valuesOf(takes: Places["values"][number]["takes"] | undefined): string {
  if (takes === undefined) return "";
  if (takes === "file") return " -r -F";
  return takes === "text" ? " -x" : ` -x -a ${quoted(`(__anamo_values ${takes.join(" ")})`)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

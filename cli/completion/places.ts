import { allCommands, type CommandNode, type Taken } from "../describe-command.ts";

/** Everything that completion needs to know, with each command under its path: `/table/create`. */
export interface Places {
  /** the path of every command below `anamo` */
  paths: string[];
  /** other paths of a command: `/ls` for `/items` */
  aliases: { alias: string; path: string }[];
  commands: {
    path: string;
    /** its subcommands, or the possible arguments */
    words: { word: string; description: string }[];
    options: { word: string; description: string }[];
    /** its arguments are files */
    takesFiles: boolean;
  }[];
  /** what an option takes, as `<path> <option>`; options that take the same values are listed together */
  values: { places: string[]; takes: Taken }[];
}

/** Determines what each place takes. */
export function placesOf(program: CommandNode): Places {
  const nodes = allCommands(program);
  return {
    // `anamo help` takes the same words as `anamo`
    paths: nodes.map(pathOf).filter((path) => path !== "" && path !== "/help"),
    aliases: nodes.flatMap((node) =>
      node.aliases.map((name) => ({ alias: pathOf({ path: [...node.path.slice(0, -1), name] }), path: pathOf(node) })),
    ),
    commands: nodes.map((node) => ({
      path: pathOf(node),
      words: [
        ...node.commands.map(({ path, description }) => ({ word: path.at(-1) ?? "", description })),
        ...node.args.flatMap(({ takes, description }) =>
          typeof takes === "string" ? [] : takes.map((word) => ({ word, description })),
        ),
      ],
      options: node.options.map(({ names, description }) => ({ word: names.at(-1) ?? "", description })),
      takesFiles: node.args.some(({ takes }) => takes === "file"),
    })),
    values: valuesOf(nodes),
  };
}

function valuesOf(nodes: readonly CommandNode[]): Places["values"] {
  const values = new Map<string, Places["values"][number]>();
  for (const node of nodes) {
    for (const { names, takes } of node.options) {
      if (!takes) continue;
      const key = String(takes);
      const known = values.get(key) ?? { places: [], takes };
      known.places.push(...names.map((name) => `${pathOf(node)} ${name}`));
      values.set(key, known);
    }
  }
  return [...values.values()];
}

function pathOf({ path }: Pick<CommandNode, "path">): string {
  return path.map((name) => `/${name}`).join("");
}

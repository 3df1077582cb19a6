import { allCommands, type CommandNode } from "../cli/describe-command.ts";
import { schemaFile } from "./json-docs.ts";
import { markdownTable } from "./markdown-table.ts";

const HEAD = `# The \`anamo\` command

<!-- Made by \`npm run docs\` from what --help prints: change that instead. -->

In the checkout \`anamo\` is \`npx anamo\`. Every command has \`--help\`. Exit codes: 0 all is well; 1 items failed, were not
found or were rejected; 2 wrong usage or a file that cannot be used; 130 stopped by Ctrl-C.

\`anamo completion bash\` (or \`zsh\`) prints a script that has the shell complete all of this.
What \`--json\` prints is described in [json/](json/README.md).
`;

/** The manual of all commands as Markdown, from the very commands that run. */
export function cliDocs(program: CommandNode): string {
  const commands = allCommands(program).filter(({ path, commands }) => path.length > 0 && commands.length === 0);
  const contents = commands.map((node) => [
    `[\`${node.path.join(" ")}\`](#${anchorOf(node)})`,
    escaped(node.description),
  ]);
  return [HEAD, markdownTable(["command", "what it does"], contents), ...commands.map(sectionOf)].join("\n");
}

function sectionOf(node: CommandNode): string {
  const { path, usage, description, args, options, after } = node;
  const [remarks, examples] = parted(after);
  const places = [
    ...args.map((one) => [`\`${one.name}\``, escaped(one.description)]),
    ...options
      .filter(({ names }) => !names.includes("--help"))
      .map((one) => [`\`${one.term}\``, escaped(one.description)]),
  ];
  return [
    ...[`## anamo ${path.join(" ")}`, "", "```", usage, "```", "", escaped(description), ""],
    ...(places.length > 0 ? [markdownTable(["argument or option", "what it says"], places)] : []),
    ...(hasJson(node) ? [`Schema of what \`--json\` prints: ${schemaLink(node)}`, ""] : []),
    ...(remarks ? [escaped(remarks).replaceAll(/\n(?! )/g, "\\\n"), ""] : []),
    ...(examples ? ["```bash", examples, "```", ""] : []),
  ].join("\n");
}

function hasJson({ options }: CommandNode): boolean {
  return options.some(({ names }) => names.includes("--json"));
}

function schemaLink({ path }: CommandNode): string {
  const file = `json/${schemaFile(path.join(" "))}`;
  return `[${file}](${file})`;
}

/** Remarks and examples, which every help text has in this order. */
function parted(after: string): [remarks: string, examples: string] {
  const [remarks = "", examples = ""] = after.split(/^Examples?:\n/m);
  return [remarks.trim(), examples.replaceAll(/^ {2}/gm, "").trimEnd()];
}

function escaped(text: string): string {
  return text.replaceAll(/[\\*_<>[\]|]/g, "\\$&");
}

/** As GitHub makes anchors of headings. */
function anchorOf({ path }: CommandNode): string {
  return ["anamo", ...path].join("-");
}

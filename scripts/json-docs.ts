import * as z from "zod";
import { JSON_OUTPUTS, type JsonOutput } from "../cli/json/outputs.ts";
import { markdownTable } from "./markdown-table.ts";

const HEAD = `# What \`--json\` prints

<!-- Made by \`npm run docs\` from cli/json/: change that instead. -->

Each command that has \`--json\` prints one JSON document to stdout and nothing else there; \`watch\` prints one a line.
Beside this page lies a schema for each (JSON Schema, draft 2020-12), and every test that sees such a document holds it
against its schema.

- A document has the fields of its schema and no others. What there is nothing to tell of is absent, never null.
- Dates are ISO 8601 UTC; other times have their unit in their name.
- Remarks go to stderr. If nothing can be told at all, stdout stays empty, stderr says why, and the exit code is not 0.
- A long list is printed as it comes. If it breaks off, the exit code is not 0, and what was printed is no whole document.
- The exit code is the same with \`--json\` and without.
`;

/** The name in docs/json/ of the schema of a command. */
export function schemaFile(command: string): string {
  return `${command.replaceAll(" ", "-")}.json`;
}

/** What --json prints as JSON Schema, by the name of the file. */
export function jsonSchemas(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(JSON_OUTPUTS).map(([command, output]) => [schemaFile(command), documentOf(command, output)]),
  );
}

/** The page that leads to the schemas. */
export function jsonIndex(): string {
  const rows = Object.entries(JSON_OUTPUTS).map(([command, { forms }]) => [
    `[\`${command}\`](../cli.md#anamo-${command.replaceAll(" ", "-")})`,
    `[${schemaFile(command)}](${schemaFile(command)})`,
    Object.keys(forms)
      .filter((option) => option !== "")
      .flatMap((options) => options.split("|").map((option) => `\`${option}\``))
      .join(", "),
  ]);
  return [HEAD, markdownTable(["command", "schema", "another document with"], rows)].join("\n");
}

function documentOf(command: string, { forms, isLines }: JsonOutput): object {
  const named = Object.entries(forms).map(([option, schema]) =>
    schema.meta({ ...schema.meta(), title: titleOf(command, option) }),
  );
  const [only, ...others] = named;
  if (!only) throw new Error(`${command}: no form of its output is described`);
  const whole = others.length === 0 ? only : z.union([only, ...others]).meta({ title: titleOf(command) });
  const { $schema, title, ...rest } = z.toJSONSchema(whole, { target: "draft-2020-12", override: withoutNoise });
  return { $schema, title, ...(isLines && { $comment: "one such document a line" }), ...rest };
}

function titleOf(command: string, options = ""): string {
  return ["anamo", command, options.replaceAll("|", " or "), "--json"].filter(Boolean).join(" ");
}

/** Takes out what says no more than the rest does: the pattern of a date, the largest of whole numbers. */
function withoutNoise({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  const { propertyNames } = jsonSchema;
  if (typeof propertyNames === "object" && Object.keys(propertyNames).join() === "type")
    delete jsonSchema.propertyNames;
}

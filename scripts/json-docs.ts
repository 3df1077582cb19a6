import * as z from "zod";
import { JSON_OUTPUTS, type JsonOutput } from "../cli/json/outputs.ts";
import { markdownTable } from "./markdown-table.ts";

const HEAD = `# What \`--json\` prints

<!-- Made by \`npm run docs\` from cli/json/: change that instead. -->

A command with \`--json\` prints one JSON document to stdout and nothing else; \`watch\` prints one per line. The
schemas are beside this page (JSON Schema, draft 2020-12), and tests check every document they see against them.

- A document has only the fields of its schema. A field with no value is absent, never null.
- Dates are ISO 8601 UTC; other times have their unit in their name.
- Remarks go to stderr. If nothing can be reported, stdout stays empty, stderr says why, and the exit code is not 0.
- A long list is printed as it is read. If it breaks off, the exit code is not 0 and the output is incomplete.
- The exit code does not depend on \`--json\`.
`;

/** The file name of a command's schema in docs/json/. */
export function schemaFile(command: string): string {
  return `${command.replaceAll(" ", "-")}.json`;
}

/** What --json prints as JSON Schema, by file name. */
export function jsonSchemas(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(JSON_OUTPUTS).map(([command, output]) => [schemaFile(command), documentOf(command, output)]),
  );
}

/** The page that lists the schemas. */
export function jsonIndex(): string {
  const rows = Object.entries(JSON_OUTPUTS).map(([command, { forms }]) => [
    `[\`${command}\`](../cli.md#anamo-${command.replaceAll(" ", "-")})`,
    `[${schemaFile(command)}](${schemaFile(command)})`,
    Object.keys(forms)
      .filter((option) => option !== "")
      .flatMap((options) => options.split("|").map((option) => `\`${option}\``))
      .join(", "),
  ]);
  return [HEAD, markdownTable(["command", "schema", "other documents with"], rows)].join("\n");
}

function documentOf(command: string, { forms, isLines }: JsonOutput): object {
  const named = Object.entries(forms).map(([option, schema]) =>
    schema.meta({ ...schema.meta(), title: titleOf(command, option) }),
  );
  const [only, ...others] = named;
  if (!only) throw new Error(`${command}: its output has no schema`);
  const whole = others.length === 0 ? only : z.union([only, ...others]).meta({ title: titleOf(command) });
  const { $schema, title, ...rest } = z.toJSONSchema(whole, { target: "draft-2020-12", override: withoutNoise });
  return { $schema, title, ...(isLines && { $comment: "one such document a line" }), ...rest };
}

function titleOf(command: string, options = ""): string {
  return ["anamo", command, options.replaceAll("|", " or "), "--json"].filter(Boolean).join(" ");
}

/** Removes what repeats the rest: the pattern of a date, the limits of safe integers, the type of property names. */
function withoutNoise({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  const { propertyNames } = jsonSchema;
  if (typeof propertyNames === "object" && Object.keys(propertyNames).join() === "type")
    delete jsonSchema.propertyNames;
}

import { readFileSync } from "node:fs";
import * as z from "zod";
import { JSON_OUTPUTS } from "../../cli/json/outputs.ts";
import { schemaFile } from "../../scripts/json-docs.ts";
import type { AnamoResult } from "./anamo.ts";

/** Checks what a command printed with `--json` against its schema; throws an error that says what is wrong. */
export function checkJson(args: readonly string[], { exitCode, stdout, stderr }: AnamoResult): void {
  const isKilled = exitCode === null;
  if (!args.includes("--json") || args.includes("--help") || isKilled) return;
  const called = `anamo ${args.join(" ")}`;
  if (stdout === "") {
    if (exitCode === 0 || stderr === "")
      throw new Error(`${called}: stdout is empty, so it must say why and not exit with 0`);
    return;
  }
  const command = commandOf(args);
  const output = JSON_OUTPUTS[command];
  if (!output) throw new Error(`${called}: it has no schema: enter one in cli/json/outputs.ts`);
  if (!stdout.endsWith("\n")) throw new Error(`${called}: the last line does not end with a newline`);
  const texts = output.isLines ? stdout.trimEnd().split("\n") : [stdout];
  for (const text of texts) {
    const value: unknown = JSON.parse(text);
    const found = formOf(output.forms, args).safeParse(value);
    if (!found.success) throw new Error(`${called}: differs from cli/json/:\n${z.prettifyError(found.error)}\n${text}`);
    const published = publishedSchema(command).safeParse(value);
    if (!published.success) throw new Error(`${called}: differs from docs/json/: ${published.error.message}\n${text}`);
  }
}

const ALIASES: Readonly<Record<string, string>> = { ls: "items", status: "summary" };

function commandOf([word = "", subcommand = ""]: readonly string[]): string {
  const command = ALIASES[word] ?? word;
  return `${command} ${subcommand}` in JSON_OUTPUTS ? `${command} ${subcommand}` : command;
}

function formOf(forms: Readonly<Record<string, z.ZodType>>, args: readonly string[]): z.ZodType {
  const given = args.map((arg) => arg.split("=")[0] ?? "");
  const options = Object.keys(forms).find((names) =>
    names.split("|").some((name) => name !== "" && given.includes(name)),
  );
  return forms[options ?? ""] ?? z.never();
}

const published = new Map<string, z.ZodType>();

/** The schema from the docs, which is the one that users of the output read. */
function publishedSchema(command: string): z.ZodType {
  const known = published.get(command);
  if (known) return known;
  const text = readFileSync(new URL(`../../docs/json/${schemaFile(command)}`, import.meta.url), "utf8");
  const schema = z.fromJSONSchema(JSON.parse(text));
  published.set(command, schema);
  return schema;
}

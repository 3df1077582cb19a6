import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { logLine } from "../../cli/json/events.ts";
import type { Outcome } from "../../lib/items/item.ts";

export type LogLine = Pick<Outcome, "cause"> & { message: string; service: string } & Record<string, unknown>;

/**
 * The lines that workers and functions have logged in a folder and its subfolders, each checked against both schemas
 * for such lines.
 */
export async function logLinesIn(folder: string): Promise<LogLine[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".log"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => text.split("\n").filter(Boolean).map(checkedLine));
}

/** Reads a line of a log; throws if it does not match its schema. */
export function checkedLine(text: string): LogLine {
  const value: unknown = JSON.parse(text);
  for (const schema of [logLine, publishedSchema()]) {
    const found = schema.safeParse(value);
    if (!found.success) throw new Error(`${text}: ${z.prettifyError(found.error).slice(0, 2_000)}`);
  }
  return value as LogLine;
}

let published: z.ZodType | undefined;

function publishedSchema(): z.ZodType {
  const read = () => readFileSync(new URL("../../docs/json/events.json", import.meta.url), "utf8");
  published ??= z.fromJSONSchema(JSON.parse(read()));
  return published;
}

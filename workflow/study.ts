import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { systemCode, UsageError } from "../lib/errors.ts";
import { trimId } from "../lib/ids.ts";
import { parseWorkflow } from "../lib/study/parse-workflow.ts";
import type { Study } from "../lib/study/study.ts";
import type { Wording } from "./wording.ts";

/** Makes a list a sample sheet, and says which items to make from it. */
export interface StudyOptions {
  /** path of a workflow file (YAML) */
  workflow?: string | undefined;
  /** without a workflow file: the script of the only step (`step`), with columns in braces */
  script?: string | undefined;
}

/** Reads a workflow file and the files that it names. Throws a UsageError with all mistakes and their lines. */
export async function readWorkflowFile(path: string): Promise<{ study: Study; source: string }> {
  const source = await textOf(path, path);
  const readNamed = (named: string) => textOf(resolve(dirname(path), named), named);
  return { study: await parseWorkflow(source, { name: basename(path), readFile: readNamed }), source };
}

/** The study that the options describe; undefined for a task file. Throws a UsageError. */
export async function studyOfOptions(
  { workflow, script, step, commands }: StudyOptions & { step?: string | undefined; commands?: boolean | undefined },
  { option }: Wording,
): Promise<Study | undefined> {
  if (workflow === undefined && script === undefined) return undefined;
  const given = option(workflow === undefined ? "script" : "workflow");
  if (commands) throw new UsageError(`${option("commands")}: expected a list of commands or a sample sheet, not both`);
  if (workflow !== undefined) {
    if (script !== undefined) throw new UsageError(`${option("script")}: expected none with a workflow file`);
    if (step !== undefined) {
      throw new UsageError(`${option("step")}: expected none with a workflow file, which names the steps`);
    }
    return (await readWorkflowFile(workflow)).study;
  }
  if (step === undefined || script === undefined) {
    throw new UsageError(`${given}: expected the name of the step with it: ${option("step")}`);
  }
  const name = trimId(step);
  const only = { name, line: 1, script: { text: script, line: 1 }, settings: {} };
  return { version: 1, name: option("script"), steps: [only] };
}

async function textOf(path: string, shown: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const code = systemCode(error);
    const why = code === "ENOENT" ? "file not found" : code === "EISDIR" ? "expected a file, found a folder" : code;
    throw new UsageError(`${shown}: ${why ?? String(error)}`, { cause: error });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`${shown}: expected UTF-8 text, found other bytes`, { cause: error });
  }
}

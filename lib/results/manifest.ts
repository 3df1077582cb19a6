import { createHash } from "node:crypto";
import * as z from "zod";
import { AnamoError } from "../errors.ts";
import type { Results } from "../items/item.ts";
import { fileNameProblem } from "./file-name.ts";

/** A result is missing, incomplete, or not the one that the row records; or it could not be published. */
export class ResultError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("result", message, options);
  }
}

/** One file of a result. */
export interface ResultFile {
  /** relative path with `/` between its parts; never `..`, never absolute, but it may contain line breaks and quotes */
  name: string;
  bytes: number;
  /** hex */
  sha256: string;
}

/** What an attempt of a task left in `$OUT`. Stored next to the files, and written last. */
export interface Manifest {
  version: 1;
  step: string;
  taskId: string;
  itemId: string;
  /** `Task_0` … of a nested item; absent for a plain one */
  task?: string;
  attempt: number;
  lockId: string;
  endedAtMs: number;
  /** by name, in the order of their UTF-16 code units */
  files: ResultFile[];
}

const count = z.number().int().nonnegative();
const SCHEMA = z.object({
  version: z.literal(1),
  step: z.string(),
  taskId: z.string(),
  itemId: z.string(),
  task: z.string().optional(),
  attempt: count,
  lockId: z.string(),
  endedAtMs: z.number(),
  files: z.array(
    z.object({
      name: z.string().refine((name) => fileNameProblem(name) === undefined, "not the name of a file in a result"),
      bytes: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/, "not a SHA-256 in hex"),
    }),
  ),
});

/** The text of a manifest, as it is stored. */
export function manifestText(manifest: Manifest): string {
  const files = [...manifest.files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return `${JSON.stringify({ ...manifest, files })}\n`;
}

/** Reads a manifest. Throws a ResultError if it is not one; `where` names it in the message. */
export function parseManifest(text: string, where: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ResultError(`${where} is not JSON`, { cause: error });
  }
  const parsed = SCHEMA.safeParse(json);
  if (parsed.success) return parsed.data as Manifest;
  const [issue] = parsed.error.issues;
  throw new ResultError(`${where}: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** The SHA-256 of a manifest's text, in hex. The row records it, so that no other manifest can take its place. */
export function manifestHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What the row of an item or a nested task records about a result. */
export function resultsOf(manifest: Manifest, text: string): Results {
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return { attempt: manifest.attempt, files: manifest.files.length, bytes, manifest: manifestHash(text) };
}

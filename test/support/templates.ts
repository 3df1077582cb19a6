import { createHash } from "node:crypto";
import { glob, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServiceCopy, type Template } from "./sls.ts";

const ROOT = join(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache/anamo-templates");
/** Everything that a template without code is made from; the lock file contains the framework's version. */
const INPUTS = ["serverless.yml", "package.json", "package-lock.json", "infra/*"];

const kept = new Map<string, Promise<Template>>();

/**
 * The template of a stack with these parameters (`name=value`), without code. Running the framework takes 2 s of
 * processor time, so each template is kept for all test files and later runs, under a hash of what it was made from.
 */
export function templateOf(params: readonly string[] = [], more: readonly string[] = []): Promise<Template> {
  const name = JSON.stringify([params, more]);
  const made = kept.get(name) ?? cached(params, more);
  kept.set(name, made);
  // each caller may change its own copy
  return made.then((template) => structuredClone(template));
}

async function cached(params: readonly string[], more: readonly string[]): Promise<Template> {
  const file = join(CACHE, `${await hashOf(params, more)}.json`);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as Template;
  const service = await ServiceCopy.make({ bundles: false });
  try {
    const template = await service.package(params, more);
    await mkdir(CACHE, { recursive: true });
    // another test file may be creating the same one
    await writeFile(`${file}.${process.pid}`, JSON.stringify(template));
    await rename(`${file}.${process.pid}`, file);
    return template;
  } finally {
    await service.remove();
  }
}

async function hashOf(...given: unknown[]): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(given));
  const files = await Array.fromAsync(glob(INPUTS, { cwd: ROOT }));
  for (const file of files.toSorted()) hash.update(`\0${file}\0`).update(await readFile(join(ROOT, file)));
  return hash.digest("hex").slice(0, 32);
}

import { createRequire } from "node:module";
import { UsageError } from "../lib/errors.ts";

/**
 * The only optional dependency, which contains machine code. Users who do not need the embedded stack can leave it out.
 */
const LEVELDB = "classic-level";

/** Throws a UsageError that says what to install if this installation lacks LevelDB. */
export function needLevelDb(): void {
  try {
    createRequire(import.meta.url).resolve(LEVELDB);
  } catch (error) {
    const message = `the embedded stack needs the package ${LEVELDB}, which was left out here: npm install ${LEVELDB}@3`;
    throw new UsageError(message, { cause: error });
  }
}

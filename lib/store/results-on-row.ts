import { RowError } from "../errors.ts";
import type { Results } from "../items/item.ts";
import { ATTR, type Row } from "./attributes.ts";

/** The stored form of a result. */
export function storedResults({ attempt, files, bytes, manifest }: Results): Row {
  return { Attempt: attempt, Files: files, Bytes: bytes, Manifest: manifest };
}

/** What a row says about a result. Throws RowError for anything that anamo did not write. */
export function readResults(row: Row): Results | undefined {
  const stored = row[ATTR.results] as Row | undefined;
  if (stored === undefined) return undefined;
  const { Attempt: attempt, Files: files, Bytes: bytes, Manifest: manifest } = stored ?? {};
  if ([attempt, files, bytes].some((value) => typeof value !== "number") || typeof manifest !== "string")
    throw new RowError(`row ${JSON.stringify(row[ATTR.itemId])}: ${ATTR.results} is not what anamo writes`);
  return { attempt, files, bytes, manifest } as Results;
}

import { RowError } from "../errors.ts";
import type { Removal, Results } from "../items/item.ts";
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

/** The map that is stored for a removal. */
export function storedRemoval({ attempt, atMs, phase }: Removal): Row {
  return { Attempt: attempt, AtMs: atMs, Phase: phase };
}

/** What a row says about removed results. Throws RowError for anything that anamo did not write. */
export function readRemoval(row: Row): Removal | undefined {
  const stored = row[ATTR.removal] as Row | undefined;
  if (stored === undefined) return undefined;
  const { Attempt: attempt, AtMs: atMs, Phase: phase } = stored ?? {};
  const isOurs = typeof attempt === "number" && typeof atMs === "number" && PHASES.includes(phase as Removal["phase"]);
  if (!isOurs) throw new RowError(`row ${JSON.stringify(row[ATTR.itemId])}: ${ATTR.removal} is not what anamo writes`);
  return { attempt, atMs, phase: phase as Removal["phase"] };
}

const PHASES: readonly Removal["phase"][] = ["asked", "decided", "gone"];

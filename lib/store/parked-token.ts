import type { Parked } from "../items/parked.ts";
import { ATTR, type Row } from "./attributes.ts";

/**
 * How `parked` is stored: `{ token, sinceMs }`, with the reason as a prefix of the token. That is how the first
 * version stored it, and workers and functions of that version may still be at work on the same table.
 */
const PREFIX = { import: "", edit: "edit:", delete: "delete:" } as const;

/** The stored attribute. */
export function parkedToStored(parked: Parked): { token: string; sinceMs: number } {
  return { token: storedToken(parked), sinceMs: parked.sinceMs };
}

/** The token with its prefix, as conditions compare it. */
export function storedToken({ by, token }: Pick<Parked, "by" | "token">): string {
  return `${PREFIX[by]}${token}`;
}

/** Who has parked the item that this row is, if anybody. */
export function parkedOf(row: Row | undefined): Parked | undefined {
  const found = row?.[ATTR.parked] as { token: string; sinceMs: number } | undefined;
  if (!found) return undefined;
  const by = BY_PREFIX.find((one) => found.token.startsWith(PREFIX[one])) ?? "import";
  return { by, token: found.token.slice(PREFIX[by].length), sinceMs: found.sinceMs };
}

const BY_PREFIX = ["edit", "delete"] as const;

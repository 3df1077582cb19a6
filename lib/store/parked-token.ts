import type { Parked } from "../items/parked.ts";
import { ATTR, type Row } from "./attributes.ts";

/**
 * How `parked` is stored: `{ token, sinceMs, heldSinceMs? }`, with the reason as a prefix of the token. The first
 * version stored it this way, and its workers and functions may still be using the same table.
 */
const PREFIX = { import: "", edit: "edit:", delete: "delete:" } as const;

/** The stored attribute. */
export function parkedToStored(parked: Parked): Omit<Parked, "by"> {
  const { sinceMs, heldSinceMs } = parked;
  return { token: storedToken(parked), sinceMs, ...(heldSinceMs !== undefined && { heldSinceMs }) };
}

/** The token with its prefix, in the form that conditions compare. */
export function storedToken({ by, token }: Pick<Parked, "by" | "token">): string {
  return `${PREFIX[by]}${token}`;
}

/** Who has parked the item on this row, if anyone. */
export function parkedOf(row: Row | undefined): Parked | undefined {
  const found = row?.[ATTR.parked] as Omit<Parked, "by"> | undefined;
  if (!found) return undefined;
  const by = BY_PREFIX.find((one) => found.token.startsWith(PREFIX[one])) ?? "import";
  return { ...found, by, token: found.token.slice(PREFIX[by].length) };
}

const BY_PREFIX = ["edit", "delete"] as const;

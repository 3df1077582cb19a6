import { counted } from "../output/counted.ts";
import { sameMessages } from "./same-messages.ts";

/** Rows that a dry run would reject: how many, and the first of them. */
export interface WouldReject {
  rejected: number;
  rejectedRows: { line: number; messages: string[] }[];
}

/** How many rows of each kind a dry run keeps for display. */
export const SHOWN = 10;

/** Why a row is rejected if an earlier row has the same itemID. */
export const REPEATED = "with an itemID that is on an earlier line";

/** How many rejected rows a dry run compares to find what they have in common. */
const MOST_COMPARED = 10_000;

/**
 * The messages about all rejected rows, which people see by kind and which are not in the JSON output; keyed by their
 * `rejectedRows`.
 */
const compared = new WeakMap<WouldReject["rejectedRows"], string[]>();

/** Adds a row with problems. */
export function addRejected(
  found: WouldReject,
  { line, problems }: { line: number; problems: readonly { message: string }[] },
): void {
  found.rejected++;
  const all = compared.get(found.rejectedRows) ?? [];
  compared.set(found.rejectedRows, all);
  // a row with two mistakes is one row
  if (all.length < MOST_COMPARED) all.push(problems.map(({ message }) => message).join("\n  "));
  if (found.rejectedRows.length >= SHOWN) return;
  found.rejectedRows.push({ line, messages: problems.map(({ message }) => message) });
}

/**
 * The paragraph about rejected rows; empty if there are none. `others`: rows rejected because of what is in the table
 * or the list.
 */
export function rejectedText(
  { rejected, rejectedRows }: WouldReject,
  others: readonly { rows: number; why: string }[] = [],
): string[] {
  const all = others.reduce((sum, { rows }) => sum + rows, rejected);
  if (all === 0) return [];
  const kinds = sameMessages(compared.get(rejectedRows) ?? []).slice(0, SHOWN);
  const more = kinds.reduce((left, { rows }) => left - rows, rejected);
  return [
    "",
    `${counted(all, "row")} would be rejected:`,
    ...others.flatMap(({ rows, why }) => (rows > 0 ? [`  ${counted(rows, "row")} ${why}`] : [])),
    ...kinds.map(({ text }) => `  ${text}`),
    ...(more > 0 ? [`  … and ${counted(more, "more row")}`] : []),
  ];
}
